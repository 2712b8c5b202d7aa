public import ViewStores

/// Taking a store away, and looking at a server before it is used.
extension RedisStore {
    /// What `examine` found.
    public struct Finding: Sendable {
        /// A problem views suffer from; else a note.
        public var isProblem: Bool
        public var message: String
        /// The next command to run.
        public var fix: String
    }

    /// Removes every key that Leftfold made under the prefix; others stay.
    ///
    /// - Returns: the commands, as one would write them.
    public static func destroy(url: String, prefix: String) throws(StoreError) -> [String] {
        let store = try RedisStore(url: url, prefix: prefix)
        defer { store.connection.close() }
        let held = try storing("progress was read") { () throws(RedisError) in try store.readEntries() }
        // Whoever still writes is fenced first.
        let logID = held.values.first?.progress.logID ?? "none"
        _ = try store.claim(logID: logID, foreign: .adopt)
        try store.begin()
        for name in held.keys.sorted() { try store.drop(view: name) }
        try store.commit([])
        if store.hasPendingParts { try store.finishParts() }
        let names = store.names
        let own = [names.progress, names.views, names.counter, names.open, names.pending, names.owner]
        try storing("the store was removed") { () throws(RedisError) in
            _ = try store.connection.call(["UNLINK"] + own)
        }
        return held.keys.sorted().map { "UNLINK \(names.live)\(KeyNames.escaped($0)):*" }
            + ["UNLINK \(own.joined(separator: " "))"]
    }

    /// What of a server's settings views would suffer from.
    public static func examine(url: String, prefix: String) throws(StoreError) -> [Finding] {
        let store = try RedisStore(url: url, prefix: prefix)
        defer { store.connection.close() }
        let information = store.connection.information
        let client = "redis-cli \(store.address.clientArguments)"
        var findings: [Finding] = []
        let policy = information["maxmemory_policy"] ?? "noeviction"
        if policy != "noeviction" {
            let isLimited = information["maxmemory"] != "0"
            findings.append(
                Finding(
                    isProblem: isLimited,
                    message: "maxmemory-policy is \(policy): the server evicts keys of views when memory is short"
                        + (isLimited ? "" : " (maxmemory is not set now)"),
                    fix: "\(client) CONFIG SET maxmemory-policy noeviction"
                )
            )
        }
        if information["aof_enabled"] == "0" {
            findings.append(
                Finding(
                    isProblem: false,
                    message:
                        "appendonly is off: after a restart the server has what it saved last, and views catch up or "
                        + "are built again",
                    fix: "\(client) CONFIG SET appendonly yes"
                )
            )
        }
        return findings
    }
}
