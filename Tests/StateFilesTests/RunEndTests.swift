import Relational
import TestSupport
import Testing

@testable import StateFiles

/// Reading the entries of a key from either end.
@Suite("The ends of a key's entries")
struct RunEndTests {
    /// Few keys with many payloads in several runs of tiny blocks, beside a dictionary of what they come to.
    private struct Sample {
        let seed: UInt64
        private(set) var generator: SeededGenerator
        private(set) var runs: [Run] = []
        private(set) var weights: [[UInt8]: [[UInt8]: Int64]] = [:]
        let cache: BlockCache

        init(seed: UInt64) throws {
            self.seed = seed
            generator = SeededGenerator(seed: seed)
            let folder = try RunFolder(
                RunOptions(
                    blockByteCount: Int.random(in: 1...200, using: &generator),
                    blocksPerPartition: Int.random(in: 1...5, using: &generator),
                    filterBitsPerKey: Int.random(in: 0...12, using: &generator)
                )
            )
            cache = BlockCache(byteLimit: Int.random(in: 0...20, using: &generator) * 1000)
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                if let run = try folder.write(entries(), .sum) { runs.append(run) }
            }
        }

        mutating func key() -> [UInt8] {
            Array(repeating: 7, count: Int.random(in: 1...4, using: &generator)) + [[1, 2]].joined()
        }

        /// As long as its first byte says, so that none is the front of another.
        mutating func payload() -> [UInt8] {
            let length = Int.random(in: 1...4, using: &generator)
            return [UInt8(length)] + (0..<length).map { _ in UInt8.random(in: 0...4, using: &generator) }
        }

        private mutating func entries() -> [TestEntry] {
            (0..<Int.random(in: 0...500, using: &generator)).map { _ in
                let (key, payload) = (key(), payload())
                let there = weights[key]?[payload] ?? 0
                // Often what takes away just what is there.
                let weight = Int.random(in: 0...2, using: &generator) == 0 ? -there : Int64(1)
                weights[key, default: [:]][payload] = there + weight
                return TestEntry(key, payload, weight)
            }
        }

        func expected(_ key: [UInt8], _ end: RunEnd, from bound: [UInt8]?) -> [TestEntry] {
            let entries = (weights[key] ?? [:]).filter { $0.value != 0 }.map { TestEntry(key, $0.key, $0.value) }
            let told = entries.filter { entry in
                guard let bound else { return true }
                let front = Array(entry.payload.prefix(bound.count))
                if front == bound { return true }
                return front.lexicographicallyPrecedes(bound) == (end == .greatest)
            }
            return end == .least ? told.sorted() : told.sorted().reversed()
        }

        mutating func count() -> Int { Int.random(in: 0...1, using: &generator) == 0 ? 3 : .max }

        mutating func bound() -> [UInt8]? {
            switch Int.random(in: 0...3, using: &generator) {
            case 0: nil
            case 1: Array(payload().dropLast())
            default: payload()
            }
        }
    }

    private static func read(
        _ key: [UInt8],
        _ end: RunEnd,
        from bound: [UInt8]?,
        count: Int,
        with reader: inout RunEndReader
    ) throws -> [TestEntry] {
        try key.withUnsafeBytes { key in
            let hash = KeyHash.hash(key)
            guard let bound else { return try reader.begin(key, hash: hash, at: end) }
            try bound.withUnsafeBytes { try reader.begin(key, hash: hash, at: end, from: $0) }
        }
        var told: [TestEntry] = []
        while told.count < count, try reader.next() {
            told.append(TestEntry(key, Array(reader.payload), reader.weight))
        }
        return told
    }

    @Test(arguments: 0..<UInt64(60))
    func `From either end and from any bound a key's entries come as a dictionary has them`(number: UInt64) throws {
        let seed = SeededGenerator.chosenSeed &* 1000 &+ number
        var sample = try Sample(seed: seed)
        var reader = RunEndReader(sample.runs, cache: sample.cache)
        for _ in 0..<200 {
            let (key, end) = (sample.key(), sample.count() == 3 ? RunEnd.least : .greatest)
            let (bound, count) = (sample.bound(), sample.count())
            let told = try Self.read(key, end, from: bound, count: count, with: &reader)
            let expected = sample.expected(key, end, from: bound).prefix(count)
            #expect(told == Array(expected), "seed \(seed): \(key), \(end), from \(bound ?? [])")
        }
    }

    @Test func `An end far inside a long key is found in a few blocks`() throws {
        let folder = try RunFolder(RunOptions(blockByteCount: 128, blocksPerPartition: 8))
        let key: [UInt8] = [1, 2, 3]
        func payload(_ number: Int) -> [UInt8] { [UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255)] }
        let entries = (0..<100_000).map { TestEntry(key, payload($0)) }
        let run = try #require(try folder.write(entries, .sum))
        let cache = BlockCache(byteLimit: 0)
        var reader = RunEndReader([run], cache: cache)
        for number in [0, 1, 50_000, 77_777, 99_999] {
            for end in [RunEnd.least, .greatest] {
                let before = cache.missCount
                let told = try Self.read(key, end, from: payload(number), count: 1, with: &reader)
                #expect(told == [TestEntry(key, payload(number))])
                // Some 5000 blocks in 600 partitions: ten halvings of two blocks each, and three of the last one.
                #expect(cache.missCount - before < 40, "\(cache.missCount - before) of \(run.layout)")
            }
        }
    }
}
