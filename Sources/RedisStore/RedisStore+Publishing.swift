import Relational
import ViewStores

/// The commit: one MULTI/EXEC.
extension RedisStore {
    /// A journal that the commit puts in force.
    private struct Committed {
        var journal: Journal
        var ttl: Int64
        var view: String
    }

    func send(_ progress: [StoreProgress]) throws(StoreError) {
        guard let transaction, let owner else { return }
        let journals = try committedJournals(transaction)
        var commands = CommandBuffer()
        commands.add("MULTI")
        commands.add(pending)
        appendProgress(transaction, to: &commands)
        let isWhole = append(journals, owner, to: &commands)
        commands.add("EXEC")
        do {
            try execute(commands)
        } catch {
            if !connection.isOpen {
                unknownCommit = UnknownCommit(
                    progress: Set(progress),
                    published: transaction.published,
                    dropped: Set(transaction.changed.filter { $0.value == nil }.keys.map(\.self)),
                    hasRows: !(transaction.applied.isEmpty && transaction.published.isEmpty)
                        || transaction.changed.contains { $0.value == nil },
                    unclear: transaction.published.filter { view in
                        progress.contains { $0.view == view && $0 == entries[view]?.progress }
                    }
                )
                hasPendingParts = true
            }
            throw error
        }
        for view in transaction.published { generations[view] = nil }
        if !isWhole { hasPendingParts = true }
    }

    /// The rows of large deltas, of published generations, and the names that are to go.
    private func committedJournals(_ transaction: Transaction) throws(StoreError) -> [Committed] {
        var journals: [Committed] = []
        for (view, made) in transaction.journals.sorted(by: { $0.key < $1.key }) {
            journals.append(Committed(journal: made.journal, ttl: made.ttl, view: view))
        }
        for view in transaction.published.sorted() {
            guard let made = generations[view] else { continue }
            if entries[view] != nil { try listRemovals(of: view, unlessStagedIn: made.journal) }
            journals.append(Committed(journal: made.journal, ttl: made.writer.form.ttl, view: view))
        }
        for (view, entry) in transaction.changed.sorted(by: { $0.key < $1.key }) where entry == nil {
            let journal = try makeJournal()
            try listRemovals(of: view, unlessStagedIn: journal)
            journals.append(Committed(journal: journal, ttl: 0, view: view))
        }
        return journals
    }

    /// Lists the live rows that a journal has no row for, to be removed.
    private func listRemovals(of view: String, unlessStagedIn journal: Journal) throws(StoreError) {
        try storing("the rows of view \"\(view)\" were listed") { () throws(RedisError) in
            var entries = CommandBuffer()
            var found: [[UInt8]] = []
            try forEachName(of: view) { (name) throws(RedisError) in
                found.append(Array(name))
                return true
            }
            let base = Array(names.staged(journal.number).utf8)
            for start in stride(from: 0, to: found.count, by: 1000) {
                let part = try unstaged(found[start..<min(start + 1000, found.count)], under: base)
                if part.isEmpty { continue }
                entries.removeAll()
                entries.begin("RPUSH", 2 + part.count)
                entries.argument(names.part(journal.number, journal.partCount))
                for name in part { name.withUnsafeBytes { entries.argument(Self.removal, $0) } }
                try connection.send(entries)
                try connection.success()
                journal.partCount += 1
                journal.entryCount += part.count
            }
        }
    }

    private static var removal: UnsafeRawBufferPointer {
        let mark: StaticString = "-"
        return UnsafeRawBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount)
    }

    /// The names under which a journal has no row.
    private func unstaged(_ found: ArraySlice<[UInt8]>, under base: [UInt8]) throws(RedisError) -> [[UInt8]] {
        var questions = CommandBuffer()
        for name in found {
            questions.begin("EXISTS", 2)
            base.withUnsafeBytes { base in name.withUnsafeBytes { questions.argument(base, $0) } }
        }
        try connection.send(questions)
        var result: [[UInt8]] = []
        for name in found where try connection.success().integer == 0 { result.append(name) }
        return result
    }

    private func appendProgress(_ transaction: Transaction, to commands: inout CommandBuffer) {
        for (view, entry) in transaction.changed.sorted(by: { $0.key < $1.key }) {
            if let entry {
                commands.add("HSET", names.progress, view, entry.text)
                if transaction.published.contains(view) { commands.add("HSET", names.views, view, entry.layout) }
            } else {
                commands.add("HDEL", names.progress, view)
                commands.add("HDEL", names.views, view)
            }
        }
    }

    /// Puts journals in force; returns whether their parts are few enough to be carried out in the same MULTI.
    private func append(_ journals: [Committed], _ owner: Owner, to commands: inout CommandBuffer) -> Bool {
        let isWhole = journals.reduce(0) { $0 + $1.journal.entryCount } <= options.directKeyCount
        for made in journals {
            let number = String(made.journal.number)
            commands.add("SREM", names.open, number)
            guard made.journal.partCount > 0 else { continue }
            commands.add("HSET", names.pending, number, "0 \(made.journal.partCount) \(made.ttl) \(made.view)")
            guard isWhole else { continue }
            for _ in 0..<made.journal.partCount { commands.add(words: carryOut(made.journal.number, owner)) }
        }
        return isWhole
    }

    /// Sends MULTI to EXEC and reads every answer.
    private func execute(_ commands: borrowing CommandBuffer) throws(StoreError) {
        let isDone = try storing("a transaction was committed") { () throws(RedisError) in
            try connection.skipOwed()
            // Commit point 2: the rows of the epoch and the progress that names it become visible together.
            try connection.send(commands)
            var refusal: RedisError?
            for _ in 0..<(commands.commandCount - 1) {
                if let error = try connection.reply().error, refusal == nil { refusal = error }
            }
            let outcome = try connection.reply()
            if let error = refusal ?? outcome.error { throw error }
            for index in 0..<outcome.count {
                if let error = outcome[index]?.error { throw error }
            }
            return !outcome.isNil
        }
        if !isDone { throw try overtaken() }
    }

    /// Why EXEC did nothing: what was watched has changed.
    private func overtaken() throws(StoreError) -> StoreError {
        guard let owner else { return .notClaimed(location) }
        let token = try storing("the owner was read") { () throws(RedisError) in
            try connection.call("HGET", names.owner, "token").text.flatMap { Int64($0) } ?? 0
        }
        if token > owner.token { return fenced(token, owner) }
        return StoreError(
            .unavailable,
            "the progress in \(location) was changed by somebody else while a transaction was committed",
            hint: "nothing was written; the store is tried again by itself"
        )
    }

    // MARK: A commit without an answer

    /// The commit whose answer was lost, if it took place and has to be repeated in word only.
    func takeUnknownCommit() -> UnknownCommit? {
        guard let unknown = unknownCommit else { return nil }
        unknownCommit = nil
        guard unknown.unclear.isEmpty else {
            // If it took place, the rows are in place and gone from the generation: nothing but writing them again is right either way.
            for view in unknown.published { generations[view] = nil }
            return nil
        }
        let isDone =
            unknown.progress.allSatisfy { entries[$0.view]?.progress == $0 }
            && unknown.dropped.allSatisfy { entries[$0] == nil }
        guard isDone else { return nil }
        for step in unknown.progress { strayed.remove(step.view) }
        guard unknown.hasRows else { return nil }
        for view in unknown.published { generations[view] = nil }
        return unknown
    }

    /// Ends a transaction that repeated `unknown`. One that was another after all has written nothing and must be made again.
    func finish(_ unknown: UnknownCommit, _ progress: [StoreProgress]) throws(StoreError) {
        guard Set(progress) == unknown.progress else {
            throw StoreError(
                .unavailable,
                "a commit before this one took place although its answer was lost",
                detail: "views \(unknown.progress.map(\.view).sorted().joined(separator: ", "))",
                hint: "try again"
            )
        }
        try storing("a transaction was ended") { () throws(RedisError) in _ = try connection.call("UNWATCH") }
    }
}
