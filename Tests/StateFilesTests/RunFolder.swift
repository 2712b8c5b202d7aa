import EventLog
import Relational
import StateFiles
import TestSupport

/// An entry as a test sees it.
struct TestEntry: Hashable, Comparable {
    var key: [UInt8]
    var payload: [UInt8]
    var weight: Int64

    init(_ key: [UInt8], _ payload: [UInt8], _ weight: Int64 = 1) {
        self.key = key
        self.payload = payload
        self.weight = weight
    }

    init(_ key: String, _ payload: String, _ weight: Int64 = 1) {
        self.init(Array(key.utf8), Array(payload.utf8), weight)
    }

    static func < (left: TestEntry, right: TestEntry) -> Bool {
        if left.key != right.key { return left.key.lexicographicallyPrecedes(right.key) }
        return left.payload.lexicographicallyPrecedes(right.payload)
    }
}

/// An entry that a reader told, with the key that it was found by.
struct Told: Hashable {
    var keyIndex: Int
    var entry: TestEntry
}

/// Runs in a folder in memory.
final class RunFolder {
    static let directory = "/state"

    let fileSystem = FaultyFileSystem()
    var options: RunOptions
    let seed: UInt32
    private(set) var nextID: UInt64 = 1

    init(_ options: RunOptions = RunOptions(), seed: UInt32 = 0xC0FFEE) throws {
        self.options = options
        self.seed = seed
        _ = try fileSystem.createDirectory(Self.directory)
    }

    static func path(_ id: UInt64) -> String {
        let digits = String(id, radix: 16)
        return "\(directory)/\(String(repeating: "0", count: 16 - digits.count))\(digits).run"
    }

    func write(_ entries: [TestEntry], _ rule: MergeRule) throws(StateError) -> Run? {
        var batch = EntryBatch()
        for entry in entries {
            entry.key.withUnsafeBytes { key in
                entry.payload.withUnsafeBytes { batch.append(key: key, payload: $0, weight: entry.weight) }
            }
        }
        return try RunFile.write(
            batch,
            rule: rule,
            id: takeID(),
            seed: seed,
            in: Self.directory,
            fileSystem: fileSystem,
            options: options
        )
    }

    func merge(_ runs: [Run], isWhole: Bool) throws(StateError) -> Run? {
        try RunFile.merge(
            runs,
            isWhole: isWhole,
            id: takeID(),
            seed: seed,
            in: Self.directory,
            fileSystem: fileSystem,
            options: options
        )
    }

    func open(_ reference: RunReference, _ rule: MergeRule) throws(StateError) -> Run {
        try RunFile.open(reference, rule: rule, seed: seed, in: Self.directory, fileSystem: fileSystem)
    }

    private func takeID() -> UInt64 {
        nextID += 1
        return nextID - 1
    }
}

/// Everything a reader tells, as values.
enum Reading {
    /// `keys`: ascending and distinct.
    static func find(
        _ keys: [[UInt8]],
        in runs: [Run],
        _ rule: MergeRule,
        cache: BlockCache,
        presenceOnly: Bool = false
    ) throws(StateError) -> [Told] {
        var list = KeyList()
        for key in keys { key.withUnsafeBytes { list.append($0, hash: KeyHash.hash($0)) } }
        var reader = RunReader(runs, rule: rule, cache: cache)
        reader.find(list, presenceOnly: presenceOnly)
        return try rest(&reader)
    }

    static func scan(
        _ runs: [Run],
        _ rule: MergeRule,
        cache: BlockCache,
        prefix: [UInt8]? = nil
    ) throws(StateError) -> [TestEntry] {
        var reader = RunReader(runs, rule: rule, cache: cache)
        if let prefix { prefix.withUnsafeBytes { reader.scan(prefix: $0) } } else { reader.scan() }
        return try rest(&reader).map(\.entry)
    }

    static func rest(_ reader: inout RunReader) throws(StateError) -> [Told] {
        var found = FoundEntries()
        var told: [Told] = []
        while try reader.next(into: &found) {
            for index in 0..<found.count {
                let entry = TestEntry(
                    Array(found.key(at: index)),
                    Array(found.payload(at: index)),
                    found.weight(at: index)
                )
                told.append(Told(keyIndex: found.keyIndex(at: index), entry: entry))
            }
        }
        return told
    }
}
