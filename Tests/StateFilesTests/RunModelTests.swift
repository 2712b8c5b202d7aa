import StateFiles
import TestSupport
import Testing

/// What runs should come to: dictionaries that know nothing of files.
private struct Model {
    let rule: MergeRule
    var weights: [[UInt8]: [[UInt8]: Int64]] = [:]

    mutating func apply(_ entry: TestEntry) {
        switch rule {
        case .sum:
            let weight = (weights[entry.key]?[entry.payload] ?? 0) + entry.weight
            weights[entry.key, default: [:]][entry.payload] = weight == 0 ? nil : weight
            if weights[entry.key]?.isEmpty == true { weights[entry.key] = nil }
        case .replace: weights[entry.key] = entry.weight == 0 ? nil : [entry.payload: entry.weight]
        }
    }

    func entries(of key: [UInt8]) -> [TestEntry] {
        guard let payloads = weights[key] else { return [] }
        return payloads.map { TestEntry(key, $0.key, $0.value) }.sorted()
    }

    func entries(prefix: [UInt8]) -> [TestEntry] {
        weights.keys.filter { $0.starts(with: prefix) }.flatMap { entries(of: $0) }.sorted()
    }
}

/// Random steps over a handful of runs, compared with the model after each.
private struct ModelRun {
    private let rule: MergeRule
    private let folder: RunFolder
    private let cache: BlockCache
    private var model: Model
    private var generator: SeededGenerator
    private var runs: [Run] = []
    private(set) var operationCount = 0
    private let keyCountMax: Int

    init(seed: UInt64, rule: MergeRule) throws {
        generator = SeededGenerator(seed: seed)
        self.rule = rule
        model = Model(rule: rule)
        let options = RunOptions(
            blockByteCount: Int.random(in: 1...300, using: &generator),
            blocksPerPartition: Int.random(in: 1...6, using: &generator),
            filterBitsPerKey: Int.random(in: 0...12, using: &generator)
        )
        folder = try RunFolder(options)
        cache = BlockCache(byteLimit: Int.random(in: 0...20, using: &generator) * 1000)
        keyCountMax = [20, 400, 3000].randomElement(using: &generator) ?? 20
    }

    mutating func step() throws {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<3: try flush()
        case 3: try merge()
        case 4..<8: try find()
        case 8: try scan()
        default: try reopen()
        }
        #expect(cache.byteCount <= cache.byteLimit)
    }

    private mutating func key() -> [UInt8] {
        let number = Int.random(in: 0..<keyCountMax, using: &generator)
        // The bytes follow from the number, so that keys come again.
        var own = SeededGenerator(seed: UInt64(number))
        var key: [UInt8] = []
        if number % 7 == 0 { key += Array(repeating: 7, count: 40) }
        if number % 501 == 0 { key += Array(repeating: 8, count: 1500) }
        for _ in 0..<Int.random(in: 0...6, using: &own) { key.append([0, 1, 2, 255].randomElement(using: &own) ?? 0) }
        return key
    }

    private mutating func payload() -> [UInt8] {
        let length = Int.random(in: 0..<50, using: &generator)
        if length == 49, Int.random(in: 0..<20, using: &generator) == 0 { return Array(repeating: 9, count: 2000) }
        return (0..<length / 16).map { _ in UInt8.random(in: 0...2, using: &generator) }
    }

    private mutating func flush() throws {
        var entries: [TestEntry] = []
        for _ in 0..<Int.random(in: 0...700, using: &generator) {
            let weight: Int64 =
                switch rule {
                case .sum: [1, 1, 1, -1, -1, 2, 0, 1000, -300].randomElement(using: &generator) ?? 1
                case .replace: Int64.random(in: 0...2, using: &generator) == 0 ? 0 : 1
                }
            entries.append(TestEntry(key(), payload(), weight))
        }
        for entry in entries { model.apply(entry) }
        operationCount += entries.count
        if let run = try folder.write(entries, rule) { runs.append(run) }
        if runs.count > 8 { try merge() }
    }

    private mutating func merge() throws {
        guard runs.count > 1 else { return }
        let first = Int.random(in: 0..<runs.count - 1, using: &generator)
        let last = Int.random(in: first + 1..<runs.count, using: &generator)
        let merged = try folder.merge(Array(runs[first...last]), isWhole: first == 0)
        operationCount += runs[first...last].reduce(0) { $0 + $1.reference.entryCount }
        for run in runs[first...last] { cache.forget(run.reference.id) }
        runs.replaceSubrange(first...last, with: merged.map { [$0] } ?? [])
    }

    private mutating func find() throws {
        let wanted = Int.random(in: 0...1, using: &generator) == 0 ? 20 : 1500
        var keys: Set<[UInt8]> = []
        for _ in 0..<Int.random(in: 0...wanted, using: &generator) { keys.insert(key()) }
        if wanted == 20 { keys.insert(key() + [1]) }
        let sorted = keys.sorted { $0.lexicographicallyPrecedes($1) }
        operationCount += sorted.count
        let presenceOnly = Int.random(in: 0..<3, using: &generator) == 0
        let told = try Reading.find(sorted, in: runs, rule, cache: cache, presenceOnly: presenceOnly)
        if presenceOnly {
            #expect(told.map(\.entry.key) == sorted.filter { model.weights[$0] != nil })
            #expect(told.allSatisfy { sorted[$0.keyIndex] == $0.entry.key && $0.entry.weight != 0 })
            return
        }
        let expected = sorted.indices.flatMap { index in
            model.entries(of: sorted[index]).map { Told(keyIndex: index, entry: $0) }
        }
        #expect(told == expected)
    }

    private mutating func scan() throws {
        var prefix: [UInt8]?
        if Bool.random(using: &generator) { prefix = Array(key().prefix(Int.random(in: 0...3, using: &generator))) }
        let told = try Reading.scan(runs, rule, cache: cache, prefix: prefix)
        operationCount += told.count
        #expect(told == model.entries(prefix: prefix ?? []))
    }

    private mutating func reopen() throws {
        runs = try runs.map { try folder.open($0.reference, rule) }
        for run in runs { try RunFile.check(run) }
        let entries = runs.reduce(0) { $0 + $1.reference.entryCount }
        operationCount += entries
        cache.byteLimit = Int.random(in: 0...20, using: &generator) * 1000
    }
}

@Suite("Runs against a model")
struct RunModelTests {
    /// Together with the other arguments some two million entries written, merged, looked up and read.
    @Test(arguments: 0..<UInt64(16), MergeRule.allCases)
    func `Runs tell what a dictionary tells after any flushes and merges`(number: UInt64, rule: MergeRule) throws {
        let seed = SeededGenerator.chosenSeed &* 1000 &+ number
        var run = try ModelRun(seed: seed, rule: rule)
        do {
            while run.operationCount < 64_000 { try run.step() }
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }
}
