import StateFiles
import Testing

@Suite("Caches of blocks")
struct BlockCacheTests {
    private let keys = (0..<2000).map { Array("key \(10_000 + $0)".utf8) }

    private func makeRun(_ folder: RunFolder) throws -> Run {
        try #require(try folder.write(keys.map { TestEntry($0, Array("payload".utf8)) }, .sum))
    }

    @Test func `A block that was read is not read again, whoever asks`() throws {
        let run = try makeRun(try RunFolder())
        let cache = BlockCache(byteLimit: 1 << 20)
        _ = try Reading.find(keys, in: [run], .sum, cache: cache)
        let missCount = cache.missCount
        #expect(missCount > 2)
        #expect(cache.byteCount > 0)
        _ = try Reading.find(keys, in: [run], .sum, cache: cache)
        #expect(cache.missCount == missCount)
        #expect(cache.hitCount == missCount)
    }

    @Test func `A limit holds at any time, also when it is lowered`() throws {
        let folder = try RunFolder(RunOptions(blockByteCount: 256, blocksPerPartition: 8))
        let run = try makeRun(folder)
        let cache = BlockCache(byteLimit: 20_000)
        _ = try Reading.find(keys, in: [run], .sum, cache: cache)
        #expect((10_000...20_000).contains(cache.byteCount))
        cache.byteLimit = 5000
        #expect((1...5000).contains(cache.byteCount))
        cache.byteLimit = 0
        #expect(cache.byteCount == 0)
        #expect(try Reading.find(keys, in: [run], .sum, cache: cache).count == keys.count)
        #expect(cache.byteCount == 0)
    }

    @Test func `Blocks of a run that goes are forgotten, those of others stay`() throws {
        let folder = try RunFolder()
        let runs = [try makeRun(folder), try makeRun(folder)]
        let cache = BlockCache(byteLimit: 1 << 20)
        _ = try Reading.find(keys, in: runs, .sum, cache: cache)
        let both = cache.byteCount
        cache.forget(runs[0].reference.id)
        #expect(cache.byteCount == both / 2)
        cache.forget(runs[1].reference.id)
        #expect(cache.byteCount == 0)
    }

    @Test func `A key that the filter denies costs no data block`() throws {
        let run = try makeRun(try RunFolder())
        let cache = BlockCache(byteLimit: 1 << 20)
        // None of these is among the few that pass by chance.
        let few = keys.prefix(3).map { $0 + [0] }
        #expect(try Reading.find(few, in: [run], .sum, cache: cache).isEmpty)
        #expect(cache.missCount == 1)
        #expect(try Reading.find(Array(keys.prefix(3)), in: [run], .sum, cache: cache).count == 3)
        #expect(cache.missCount == 2)
    }

    @Test func `About one absent key in a hundred passes a filter of 10 bits`() throws {
        // Every key has a block of its own: what passes is what is read.
        let folder = try RunFolder(RunOptions(blockByteCount: 1, blocksPerPartition: 5000))
        let run = try makeRun(folder)
        let cache = BlockCache(byteLimit: 0)
        let absent = keys.map { $0 + [0] }
        #expect(try Reading.find(absent, in: [run], .sum, cache: cache).isEmpty)
        #expect((1...80).contains(cache.missCount - 1))
    }

    @Test func `Readers of several threads share a cache`() async throws {
        let folder = try RunFolder(RunOptions(blockByteCount: 256, blocksPerPartition: 8))
        let runs = [try makeRun(folder), try makeRun(folder)]
        let cache = BlockCache(byteLimit: 30_000)
        let keys = keys
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...4 {
                group.addTask {
                    let some = stride(from: 0, to: keys.count, by: number).map { keys[$0] }
                    let told = try Reading.find(some, in: runs, .sum, cache: cache)
                    cache.forget(runs[number % 2].reference.id)
                    return told.count { $0.entry.weight == 2 } - some.count
                }
            }
            for try await difference in group { #expect(difference == 0) }
        }
        #expect(cache.byteCount <= 30_000)
    }

    @Test func `A key that ends with its block does not cost the next one`() throws {
        let folder = try RunFolder(RunOptions(blockByteCount: 1, blocksPerPartition: 5000))
        let run = try makeRun(folder)
        let cache = BlockCache(byteLimit: 1 << 20)
        #expect(try Reading.find([keys[7], keys[900]], in: [run], .sum, cache: cache).count == 2)
        #expect(cache.missCount == 3)
    }

    @Test func `Under replace a key that the newest run has is not looked for in elder ones`() throws {
        let folder = try RunFolder()
        let entries = keys.map { TestEntry($0, []) }
        let runs = try [0, 1].map { _ in try #require(try folder.write(entries, .replace)) }
        let cache = BlockCache(byteLimit: 1 << 20)
        _ = try Reading.find(keys, in: runs, .replace, cache: cache)
        let both = cache.byteCount
        cache.forget(runs[0].reference.id)
        #expect(cache.byteCount == both)
    }
}
