internal import Relational

/// Reads several runs as one, merged by their rule. Owned by one thread.
public struct RunReader: ~Copyable {
    private enum Task { case none, find, scan, beginScan }

    let rule: MergeRule
    private let cache: BlockCache
    var merge: RunMerge
    private var task = Task.none

    // MARK: Finding
    var keys = KeyList()
    /// The key looked for, or whose entries are being told.
    var keyIndex = 0
    var wantsPresence = false
    /// The cursors that stand on entries of the key and have not told them all, by their place among the runs.
    var active = GrowableBuffer<Int>()

    // MARK: Scanning
    private var prefix = ByteSlab(capacity: 16)
    private var hasEntry = false

    /// `runs`: oldest first, all of one rule.
    public init(_ runs: [Run], rule: MergeRule, cache: BlockCache) {
        precondition(runs.allSatisfy { $0.rule == rule }, "runs of one rule are read together")
        self.rule = rule
        self.cache = cache
        merge = RunMerge(runs, rule: rule, tellsRemovals: false, cache: cache)
    }

    /// Begins to look keys up. With `presenceOnly` there is one entry at most for each key that is there, and its payload may be empty.
    public mutating func find(_ keys: consuming KeyList, presenceOnly: Bool = false) {
        self.keys = keys
        keyIndex = 0
        wantsPresence = presenceOnly
        active.removeAll()
        start(.find, cache)
    }

    /// Begins to read everything, or all keys with a prefix, in order of key, then payload.
    ///
    /// A scan of everything reads ahead past the cache, which it would only empty.
    public mutating func scan(prefix: UnsafeRawBufferPointer? = nil) {
        self.prefix.removeAll()
        if let prefix { self.prefix.append(prefix) }
        start(.beginScan, self.prefix.count > 0 ? cache : nil)
    }

    /// Fills `found` with the next merged entries, 2048 or 256 KiB at most, or one that is larger; false at the end. Found keys come in the
    /// order of the list, the entries of one key by payload. No weight is 0.
    public mutating func next(into found: inout FoundEntries) throws(StateError) -> Bool {
        found.removeAll()
        do throws(StateError) {
            switch task {
            case .none: return false
            case .find: try fillFound(&found)
            case .scan: try fillScanned(&found)
            case .beginScan:
                try merge.begin(prefix: prefix.count > 0 ? prefix.bytes : nil)
                hasEntry = try merge.next()
                task = .scan
                try fillScanned(&found)
            }
        } catch {
            start(.none, cache)
            throw error
        }
        if found.count > 0 { return true }
        // Blocks are not held beyond the end.
        start(.none, cache)
        return false
    }

    private mutating func start(_ task: Task, _ cache: BlockCache?) {
        self.task = task
        for index in 0..<merge.cursors.count {
            merge.cursors.base[index].reset()
            merge.cursors.base[index].cache = cache
        }
    }

    private mutating func fillScanned(_ found: inout FoundEntries) throws(StateError) {
        while hasEntry, found.hasRoom(merge.key.count &+ merge.payload.count) {
            found.append(keyIndex: 0, key: merge.key, payload: merge.payload, weight: merge.weight, isScan: true)
            hasEntry = try merge.next()
        }
    }
}
