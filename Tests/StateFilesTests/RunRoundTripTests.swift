import EventLog
import Relational
import StateFiles
import TestSupport
import Testing

@Suite("Runs")
struct RunRoundTripTests {
    private let cache = BlockCache(byteLimit: 1 << 20)

    @Test func `What was written is read in order of key and payload`() throws {
        let folder = try RunFolder()
        let run = try #require(
            try folder.write([TestEntry("b", "2"), TestEntry("a", "9"), TestEntry("b", "1", -5)], .sum)
        )
        let expected = [TestEntry("a", "9"), TestEntry("b", "1", -5), TestEntry("b", "2")]
        #expect(try Reading.scan([run], .sum, cache: cache) == expected)
        #expect(run.reference.entryCount == 3)
        #expect(run.reference.cancelCount == 1)
        #expect(run.reference.byteCount == Int64(folder.fileSystem.contents(RunFolder.path(1))?.count ?? 0))
        try RunFile.check(run)
        let again = try folder.open(run.reference, .sum)
        #expect(try Reading.scan([again], .sum, cache: cache) == expected)
    }

    @Test func `A batch that comes to nothing makes no file`() throws {
        let folder = try RunFolder()
        #expect(try folder.write([], .sum) == nil)
        #expect(try folder.write([TestEntry("a", "x", 3), TestEntry("a", "x", -3)], .sum) == nil)
        let elder = try #require(try folder.write([TestEntry("a", "x")], .sum))
        let newer = try #require(try folder.write([TestEntry("a", "x", -1)], .sum))
        #expect(try folder.merge([elder, newer], isWhole: false) == nil)
        #expect(folder.fileSystem.paths.count == 2)
    }

    @Test func `Under replace the last entry of a batch and the newest run decide`() throws {
        let folder = try RunFolder()
        let elder = try #require(
            try folder.write([TestEntry("a", "1"), TestEntry("a", "2"), TestEntry("b", "1")], .replace)
        )
        #expect(try Reading.scan([elder], .replace, cache: cache) == [TestEntry("a", "2"), TestEntry("b", "1")])
        let newer = try #require(try folder.write([TestEntry("a", "", 0), TestEntry("c", "3")], .replace))
        #expect(newer.reference.cancelCount == 1)
        let expected = [TestEntry("b", "1"), TestEntry("c", "3")]
        #expect(try Reading.scan([elder, newer], .replace, cache: cache) == expected)
        let part = try #require(try folder.merge([newer], isWhole: false))
        #expect(part.reference.cancelCount == 1)
        let whole = try #require(try folder.merge([elder, part], isWhole: true))
        #expect(whole.reference.cancelCount == 0)
        #expect(try Reading.scan([whole], .replace, cache: cache) == expected)
    }

    @Test func `Odd keys and payloads come back as they were`() throws {
        let large = [UInt8](repeating: 5, count: 70_000)
        var entries = [TestEntry([], []), TestEntry([], [0]), TestEntry([0], []), TestEntry([0, 0], [1, 2])]
        entries += [TestEntry(large, [1]), TestEntry(large + [0], large), TestEntry(Array(large.dropLast()), [])]
        entries += [TestEntry([255], Array(repeating: 255, count: 300_000), .max), TestEntry([255, 255], [], .min)]
        for (blockByteCount, blocksPerPartition) in [(8192, 64), (1, 1), (100, 2)] {
            let options = RunOptions(blockByteCount: blockByteCount, blocksPerPartition: blocksPerPartition)
            let folder = try RunFolder(options)
            let run = try #require(try folder.write(entries.shuffled(), .sum))
            try RunFile.check(run)
            #expect(try Reading.scan([run], .sum, cache: cache) == entries.sorted())
            let merged = try #require(try folder.merge([run], isWhole: true))
            let keys = Set(entries.map(\.key)).sorted { $0.lexicographicallyPrecedes($1) }
            #expect(try Reading.find(keys, in: [merged], .sum, cache: cache).map(\.entry) == entries.sorted())
            #expect(try Reading.scan([merged], .sum, cache: cache, prefix: large).count == 2)
        }
    }

    @Test func `The entries of one key may fill many blocks and batches`() throws {
        let folder = try RunFolder(RunOptions(blockByteCount: 64, blocksPerPartition: 3))
        var entries: [TestEntry] = [TestEntry("a", ""), TestEntry("c", "")]
        for number in 0..<5000 { entries.append(TestEntry("b", "payload \(10_000 + number)")) }
        let elder = try #require(try folder.write(entries, .sum))
        let newer = try #require(try folder.write(entries.map { TestEntry($0.key, $0.payload, 2) }, .sum))
        try RunFile.check(elder)
        let keys = ["a", "aa", "b", "bb", "c"].map { Array($0.utf8) }
        for (runs, weight) in [([elder], Int64(1)), ([elder, newer], 3)] {
            let told = try Reading.find(keys, in: runs, .sum, cache: cache)
            #expect(told.map(\.entry) == entries.map { TestEntry($0.key, $0.payload, weight) }.sorted())
            let present = try Reading.find(keys, in: runs, .sum, cache: cache, presenceOnly: true)
            #expect(present.map(\.keyIndex) == [0, 2, 4])
        }
    }

    @Test func `A batch has a limit, and an entry beyond it comes alone`() throws {
        let folder = try RunFolder()
        let sizes = [100_000, 100_000, 100_000, 400_000, 10] + Array(repeating: 1, count: 5000)
        let entries = sizes.enumerated().map {
            TestEntry("key \(10_000 + $0.offset)", String(repeating: "x", count: $0.element))
        }
        let run = try #require(try folder.write(entries, .sum))
        var list = KeyList()
        for entry in entries { entry.key.withUnsafeBytes { list.append($0, hash: KeyHash.hash($0)) } }
        var reader = RunReader([run], rule: .sum, cache: cache)
        for isScan in [true, false] {
            if isScan {
                reader.scan()
            } else {
                var keys = KeyList()
                swap(&keys, &list)
                reader.find(keys)
            }
            var found = FoundEntries()
            var counts: [Int] = []
            while try reader.next(into: &found) { counts.append(found.count) }
            #expect(counts == [2, 1, 1, 2048, 2048, 905])
            #expect(found.byteCount < 2 << 20)
        }
    }

    @Test func `Weights that no longer fit are an error and leave no file`() throws {
        let folder = try RunFolder()
        #expect(throws: StateError.self) {
            _ = try folder.write([TestEntry("a", "x", .max), TestEntry("a", "x", 1)], .sum)
        }
        let elder = try #require(try folder.write([TestEntry("a", "x", .max)], .sum))
        let newer = try #require(try folder.write([TestEntry("a", "x", 1)], .sum))
        #expect(throws: StateError.self) { _ = try folder.merge([elder, newer], isWhole: true) }
        #expect(throws: StateError.self) { _ = try Reading.scan([elder, newer], .sum, cache: cache) }
        #expect(throws: StateError.self) { _ = try Reading.find([[97]], in: [elder, newer], .sum, cache: cache) }
        #expect(folder.fileSystem.paths.count == 2)
    }

    @Test func `A batch of thousands is sorted as one of a few is`() throws {
        var generator = SeededGenerator(seed: SeededGenerator.chosenSeed)
        for count in [3, 511, 512, 20_000] {
            var entries: Set<TestEntry> = []
            for _ in 0..<count {
                let length = Int.random(in: 0...12, using: &generator)
                let tail = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
                entries.insert(TestEntry([3, 1, 4] + tail, [UInt8(length)]))
            }
            let folder = try RunFolder()
            let run = try #require(try folder.write(entries.shuffled(using: &generator), .sum))
            #expect(try Reading.scan([run], .sum, cache: cache) == entries.sorted())
        }
    }

    @Test func `A full disk leaves nothing behind, and the same run can be written later`() throws {
        let entries = (0..<20_000).map { TestEntry("key \($0)", "payload \($0)") }
        for allocation in 0..<4 {
            let folder = try RunFolder()
            folder.fileSystem.fillDisk(atAllocation: allocation)
            do throws(StateError) {
                _ = try folder.write(entries, .sum)
                #expect(!folder.fileSystem.isFull)
            } catch {
                #expect(error.code == .diskFull)
                #expect(error.path == RunFolder.path(1))
                #expect(folder.fileSystem.paths.isEmpty)
            }
            folder.fileSystem.freeDisk()
            let run = try #require(try folder.write(entries, .sum))
            try RunFile.check(run)
        }
    }

    @Test func `A run survives a crash once it was written, its name when the folder is synced`() throws {
        let folder = try RunFolder()
        try folder.fileSystem.synchronizeDirectory("/")
        let run = try #require(try folder.write([TestEntry("a", "x")], .sum))
        try folder.fileSystem.synchronizeDirectory(RunFolder.directory)
        folder.fileSystem.crash(.nothing)
        try RunFile.check(try folder.open(run.reference, .sum))
    }
}
