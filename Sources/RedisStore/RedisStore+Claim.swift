import Relational
public import ViewStores

extension RedisStore {
    private static let attempts = 16

    /// Takes the next fencing token, finishes what a commit left to be put in place, and removes what was not committed.
    public func claim(logID: String, foreign rows: ForeignRows) throws(StoreError) -> Int64 {
        rollback()
        owner = nil
        unknownCommit = nil
        strayed.removeAll()
        generations.removeAll()
        writers.removeAll()
        try reconnect()
        for _ in 0..<Self.attempts {
            guard let token = try take(logID: logID, rows) else { continue }
            owner = Owner(logID: logID, token: token)
            do throws(StoreError) {
                hasPendingParts = true
                try finishParts()
                try discardOpen()
                try takeOver(logID: logID, rows)
            } catch {
                owner = nil
                throw error
            }
            return token
        }
        throw StoreError(
            .foreign,
            "\(location) is claimed by others again and again",
            hint: "stop the other processes: redis-cli \(address.clientArguments) CLIENT LIST"
        )
    }

    /// One attempt; nil when somebody else was faster.
    private func take(logID: String, _ rows: ForeignRows) throws(StoreError) -> Int64? {
        let action = "the store was claimed"
        let token = try storing(action) { () throws(RedisError) in
            try connection.call("WATCH", names.owner, names.progress)
            entries = try readEntries()
            return try connection.call("HGET", names.owner, "token").text.flatMap { Int64($0) } ?? 0
        }
        do throws(StoreError) {
            try StoreProgress.checkLog(of: entries.values.map(\.progress), logID, foreign: rows, in: location)
        } catch {
            try storing(action) { () throws(RedisError) in _ = try connection.call("UNWATCH") }
            throw error
        }
        let (next, overflow) = token.addingReportingOverflow(1)
        guard !overflow else { throw StoreError(.engine, "the fencing token of \(location) is at its end") }
        let isTaken = try storing(action) { () throws(RedisError) in
            try connection.call("MULTI")
            try connection.call("HSET", names.owner, "format", Self.format, "token", String(next), "log", logID)
            return try !connection.call("EXEC").isNil
        }
        return isTaken ? next : nil
    }

    /// Removes the journals that were never committed.
    private func discardOpen() throws(StoreError) {
        try storing("unfinished generations were removed") { () throws(RedisError) in
            let open = try connection.call("SMEMBERS", names.open).texts.compactMap { $0.flatMap { Int64($0) } }
            for journal in open { try discard(journal) }
        }
    }

    private func takeOver(logID: String, _ rows: ForeignRows) throws(StoreError) {
        let foreign = entries.values.filter { $0.progress.logID != logID }
        guard !foreign.isEmpty else { return }
        try begin()
        for entry in foreign {
            if rows == .rebuild {
                try drop(view: entry.progress.view)
                continue
            }
            var entry = entry
            entry.progress.logID = logID
            entry.progress.forget()
            transaction?.changed[entry.progress.view] = .some(entry)
        }
        try commit([])
    }
}
