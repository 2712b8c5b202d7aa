import Relational
import ViewStores

/// The connection, and who owns the store.
extension RedisStore {
    /// How the store is used.
    public struct Options: Sendable {
        /// Only `progress` and `scan`.
        public var isReadOnly: Bool
        /// Up to so many changed keys are written by one MULTI/EXEC.
        public var directKeyCount: Int
        /// Up to so many bytes of changed rows are held for it.
        public var directByteCount: Int

        /// Defaults for a store that one daemon writes.
        public init(isReadOnly: Bool = false, directKeyCount: Int = 10_000, directByteCount: Int = 64 << 20) {
            self.isReadOnly = isReadOnly
            self.directKeyCount = directKeyCount
            self.directByteCount = directByteCount
        }
    }

    /// What is written by this version.
    static let format = "1"

    static func connect(
        _ address: RedisAddress,
        _ names: KeyNames,
        _ options: Options
    ) throws(StoreError) -> RedisConnection {
        let connection = try storing("the store was opened") { () throws(RedisError) in try RedisConnection(address) }
        if connection.version != 0, connection.version < 60_000 {
            throw StoreError(
                .unavailable,
                "the server of the Redis store is too old",
                detail: "version \(connection.information["redis_version"] ?? ""); views need 6.0 or newer"
            )
        }
        if connection.information["cluster_enabled"] == "1", !names.hasHashTag {
            throw StoreError(
                .unsupported,
                "the prefix \"\(names.prefix)\" has no hash tag, and the Redis store is a cluster",
                detail: "an epoch is one MULTI, whose keys must be in one slot",
                hint: "set the prefix to \"{\(names.prefix)}\" in leftfold.yaml"
            )
        }
        if !options.isReadOnly, ["slave", "replica"].contains(connection.information["role"]) {
            throw StoreError(
                .unavailable,
                "the server of the Redis store is a read-only replica",
                hint: "name the primary in the store's URL"
            )
        }
        return connection
    }

    func checkFormat() throws(StoreError) {
        let format: String?
        do throws(RedisError) {
            format = try connection.call("HGET", names.owner, "format").text
        } catch {
            guard error.word == "WRONGTYPE" else { throw StoreError(error, while: "the store was opened") }
            throw StoreError(
                .foreign,
                "\(names.owner) was not made by Leftfold",
                hint: "give the store another prefix in leftfold.yaml"
            )
        }
        guard format == nil || format == Self.format else {
            throw StoreError(
                .foreign,
                "\(location) was written by another version of Leftfold",
                detail: "format \(format ?? ""); this one knows \(Self.format)",
                hint: "install that version"
            )
        }
    }

    /// Opens the connection again when it was lost.
    func reconnect() throws(StoreError) {
        if connection.isOpen { return }
        let run = connection.information["run_id"]
        connection = try Self.connect(address, names, options)
        if connection.information["run_id"] != run { spoilGenerations() }
    }

    /// A server that was restarted may have lost rows of generations that are not published: they must be begun again.
    private func spoilGenerations() {
        for name in generations.keys { generations[name]?.isSpoiled = true }
    }

    /// Runs `body`, a second time over a new connection if the old one turns out to be lost.
    func reading<Result>(
        _ action: @autoclosure () -> String,
        _ body: () throws(RedisError) -> Result
    ) throws(StoreError) -> Result {
        try reconnect()
        do throws(RedisError) {
            return try body()
        } catch {
            guard error.code == .connectionLost, transaction == nil else { throw StoreError(error, while: action()) }
        }
        try reconnect()
        return try storing(action()) { () throws(RedisError) in try body() }
    }

    // MARK: Owner

    /// Watches token and progress: whoever changes them before EXEC makes it fail.
    func watch() throws(StoreError) {
        guard let owner else { throw .notClaimed(location) }
        try reconnect()
        if hasPendingParts { try finishParts() }
        let (token, texts) = try reading("a transaction was started") { () throws(RedisError) in try readWatched() }
        if token > owner.token { throw fenced(token, owner) }
        guard token == owner.token else { return try returnToOlder(owner) }
        let isAsLeft = texts.count == entries.count && entries.allSatisfy { texts[$0.key] == $0.value.text }
        if !isAsLeft { try noteStrayed() }
    }

    private func readWatched() throws(RedisError) -> (token: Int64, texts: [String: String]) {
        try connection.skipOwed()
        var commands = CommandBuffer()
        commands.add("WATCH", names.owner, names.progress)
        commands.add("HGET", names.owner, "token")
        commands.add("HGETALL", names.progress)
        try connection.send(commands)
        _ = try connection.success()
        let token = try connection.success().text.flatMap { Int64($0) } ?? 0
        return (token, Self.dictionary(try connection.success()))
    }

    func fenced(_ token: Int64, _ owner: Owner) -> StoreError {
        StoreError.fenced(
            location,
            by: token,
            after: owner.token,
            hint: "another prefix: redis-cli CLIENT LIST"
        )
    }

    /// The server came back with less than it had: it lost its newest writes, or all of them. Nobody else owns it, so this owner
    /// takes it again; views whose rows went back wait for being built anew.
    private func returnToOlder(_ owner: Owner) throws(StoreError) {
        try storing("the store was claimed again") { () throws(RedisError) in
            try connection.call("UNWATCH")
            try connection.call(
                "HSET",
                names.owner,
                "format",
                Self.format,
                "token",
                String(owner.token),
                "log",
                owner.logID
            )
        }
        spoilGenerations()
        hasPendingParts = true
        try finishParts()
        _ = try storing("a transaction was started") { () throws(RedisError) in try readWatched() }
        try noteStrayed()
    }

    /// Takes over what the server holds, and notes which views are not as this owner left them.
    private func noteStrayed() throws(StoreError) {
        let now = try storing("progress was read") { () throws(RedisError) in try readEntries() }
        for name in Set(now.keys).union(entries.keys) where now[name] != entries[name] {
            // The outcome of a commit whose answer was lost is looked at next.
            if unknownCommit?.progress.contains(where: { $0.view == name && $0 == now[name]?.progress }) == true {
                continue
            }
            strayed.insert(name)
        }
        entries = now
    }

    /// Outside a transaction: checks that this owner still may write.
    func requireOwner() throws(StoreError) {
        guard let owner else { throw .notClaimed(location) }
        let token = try reading("the owner was read") { () throws(RedisError) in
            try connection.call("HGET", names.owner, "token").text.flatMap { Int64($0) } ?? 0
        }
        if token > owner.token { throw fenced(token, owner) }
        if token < owner.token { try returnToOlder(owner) }
    }

    // MARK: Hashes

    func readEntries() throws(RedisError) -> [String: ProgressEntry] {
        let texts = Self.dictionary(try connection.call("HGETALL", names.progress))
        let layouts = Self.dictionary(try connection.call("HGETALL", names.views))
        var entries: [String: ProgressEntry] = [:]
        for (view, text) in texts {
            entries[view] = ProgressEntry(view: view, text: text, layout: layouts[view] ?? "")
        }
        return entries
    }

    static func dictionary(_ answer: RedisValue) -> [String: String] {
        var result: [String: String] = [:]
        for index in stride(from: 0, to: answer.count - 1, by: 2) {
            if let name = answer[index]?.text, let value = answer[index + 1]?.text { result[name] = value }
        }
        return result
    }
}
