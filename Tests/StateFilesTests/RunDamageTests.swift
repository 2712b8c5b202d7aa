import EventLog
import StateFiles
import TestSupport
import Testing

@Suite("Damaged runs")
struct RunDamageTests {
    private let entries: [TestEntry]
    private let keys: [[UInt8]]
    private let folder: RunFolder
    private let reference: RunReference
    private let path: String
    private let bytes: [UInt8]

    /// A run of a few blocks in two partitions, with one key in several blocks.
    init() throws {
        var entries: [TestEntry] = []
        for number in 0..<24 { entries.append(TestEntry("key \(number)", "payload \(number % 5)", Int64(number + 1))) }
        for number in 0..<12 { entries.append(TestEntry("key 1", "more of it \(number)", -1)) }
        self.entries = entries.sorted()
        keys = Set(entries.map(\.key)).union([Array("absent".utf8), []]).sorted { $0.lexicographicallyPrecedes($1) }
        folder = try RunFolder(RunOptions(blockByteCount: 128, blocksPerPartition: 3, filterBitsPerKey: 10))
        let run = try #require(try folder.write(entries, .sum))
        reference = run.reference
        path = RunFolder.path(reference.id)
        bytes = try #require(folder.fileSystem.contents(path))
    }

    /// What `body` throws; nil for nothing. Other errors than those of a damaged file are failures.
    private func damage(_ body: () throws(StateError) -> Void) -> StateError? {
        do throws(StateError) {
            try body()
            return nil
        } catch {
            #expect(error.code == .corrupt || error.code == .newerFormat)
            #expect(error.path == path)
            return error
        }
    }

    @Test func `Every flipped bit is found, and until then no answer is wrong`() throws {
        for position in bytes.indices {
            for bit in [UInt8(1), 16, 128] {
                var flipped = bytes
                flipped[position] ^= bit
                folder.fileSystem.setContents(path, flipped)
                var run: Run?
                if damage({ () throws(StateError) in run = try folder.open(reference, .sum) }) != nil { continue }
                let opened = try #require(run)
                #expect(damage { () throws(StateError) in try RunFile.check(opened) } != nil, "byte \(position)")
                expectRightOrDamaged(opened, "byte \(position)")
            }
        }
    }

    private func expectRightOrDamaged(_ run: Run, _ comment: Comment) {
        let cache = BlockCache(byteLimit: 1 << 20)
        _ = damage { () throws(StateError) in
            let found = try Reading.find(keys, in: [run], .sum, cache: cache)
            #expect(found.map(\.entry) == entries, comment)
        }
        _ = damage { () throws(StateError) in
            #expect(try Reading.scan([run], .sum, cache: cache) == entries, comment)
        }
        _ = damage { () throws(StateError) in
            let prefix = Array("key 1".utf8)
            let expected = entries.filter { $0.key.starts(with: prefix) }
            #expect(try Reading.scan([run], .sum, cache: cache, prefix: prefix) == expected, comment)
        }
    }

    @Test func `A file that is too short or too long is not opened`() throws {
        for length in 0..<bytes.count {
            folder.fileSystem.setContents(path, Array(bytes.prefix(length)))
            #expect(damage { () throws(StateError) in _ = try folder.open(reference, .sum) } != nil)
            // Not even when the manifest is as wrong as the file.
            var shorter = reference
            shorter.byteCount = Int64(length)
            #expect(damage { () throws(StateError) in _ = try folder.open(shorter, .sum) } != nil)
        }
        folder.fileSystem.setContents(path, bytes + [0])
        #expect(damage { () throws(StateError) in _ = try folder.open(reference, .sum) } != nil)
    }

    @Test func `A file that shrinks while it is open is an error of reading`() throws {
        let run = try folder.open(reference, .sum)
        folder.fileSystem.setContents(path, Array(bytes.prefix(40)))
        #expect(
            damage { () throws(StateError) in _ = try Reading.scan([run], .sum, cache: BlockCache(byteLimit: 0)) }
                != nil
        )
        #expect(damage { () throws(StateError) in try RunFile.check(run) } != nil)
    }

    @Test func `What is wrong with a file is said with its path`() throws {
        func error(_ bytes: [UInt8]?, seed: UInt32 = 0xC0FFEE, rule: MergeRule = .sum) -> StateError? {
            if let bytes { folder.fileSystem.setContents(path, bytes) } else { folder.fileSystem.destroy(path) }
            do throws(StateError) {
                _ = try RunFile.open(
                    reference,
                    rule: rule,
                    seed: seed,
                    in: RunFolder.directory,
                    fileSystem: folder.fileSystem
                )
                return nil
            } catch { return error }
        }
        let forger = RunForger(bytes, seed: folder.seed)
        #expect(error(bytes) == nil)
        #expect(error(bytes, seed: 1)?.code == .foreign)
        #expect(error(bytes, rule: .replace)?.code == .corrupt)
        #expect(error(forger.forgingHead { $0[8] = 2 })?.code == .newerFormat)
        #expect(error(forger.forgingHead { $0[16] = 99 })?.code == .corrupt)
        #expect(error([])?.code == .corrupt)
        #expect(error(nil)?.code == .notFound)
        #expect(error(nil)?.path == path)
        var flipped = bytes
        flipped[40] ^= 1
        folder.fileSystem.setContents(path, flipped)
        let run = try folder.open(reference, .sum)
        let found = damage { () throws(StateError) in try RunFile.check(run) }
        #expect(found?.description == "damaged state run: a block's checksum does not fit at byte 32: \(path)")
        #expect(found?.hint != nil)
    }

    @Test func `After an error a reader can be asked again`() throws {
        let run = try folder.open(reference, .sum)
        var flipped = bytes
        flipped[40] ^= 1
        folder.fileSystem.setContents(path, flipped)
        var reader = RunReader([run], rule: .sum, cache: BlockCache(byteLimit: 1 << 20))
        var found = FoundEntries()
        reader.scan()
        #expect(throws: StateError.self) { _ = try reader.next(into: &found) }
        #expect(try !reader.next(into: &found))
        folder.fileSystem.setContents(path, bytes)
        reader.scan()
        #expect(try Reading.rest(&reader).map(\.entry) == entries)
    }

    @Test func `Bytes that are wrong under checksums that fit never trap`() throws {
        var generator = SeededGenerator(seed: SeededGenerator.chosenSeed)
        let forger = RunForger(bytes, seed: folder.seed)
        #expect(forger.forging(0) { _ in } == bytes)
        #expect(forger.blocks.count { $0.isIndex } > 2)
        var foundCount = 0
        for round in 0..<6000 {
            let forged: [UInt8]
            let change = { (content: inout [UInt8]) in
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    let place = Int.random(in: 0..<content.count, using: &generator)
                    let byte = UInt8.random(in: 0...255, using: &generator)
                    content[place] = [byte, 0, 255, 127, 128, content[place] ^ 1].randomElement(using: &generator) ?? 0
                }
            }
            if round % 20 == 0 {
                forged = forger.forgingFoot(change)
            } else {
                forged = forger.forging(Int.random(in: forger.blocks.indices, using: &generator), change)
            }
            folder.fileSystem.setContents(path, forged)
            if try readAll(RunForger.reference(reference, to: forged)) { foundCount += 1 }
        }
        #expect(foundCount > 2000)
    }

    @Test func `A block in the place of another is found, and no index is taken for entries`() throws {
        let forger = RunForger(bytes, seed: folder.seed)
        for block in forger.blocks.indices {
            for other in forger.blocks.indices where other != block {
                guard let forged = forger.placing(block, at: other) else { continue }
                folder.fileSystem.setContents(path, forged)
                #expect(try readAll(RunForger.reference(reference, to: forged)), "block \(other) as \(block)")
            }
        }
    }

    /// Reads a forged run in every way; whether that found damage.
    private func readAll(_ reference: RunReference) throws -> Bool {
        var run: Run?
        if damage({ () throws(StateError) in run = try folder.open(reference, .sum) }) != nil { return true }
        let opened = try #require(run)
        let cache = BlockCache(byteLimit: 1 << 20)
        var isFound = damage { () throws(StateError) in try RunFile.check(opened) } != nil
        for step in [1, 3] {
            let some = stride(from: 0, to: keys.count, by: step).map { keys[$0] }
            for runs in [[opened], [opened, opened]] {
                let error = damage { () throws(StateError) in
                    _ = try Reading.find(some, in: runs, .sum, cache: cache)
                    _ = try Reading.scan(runs, .sum, cache: cache)
                    _ = try Reading.scan(runs, .sum, cache: cache, prefix: Array("key 1".utf8))
                }
                if error != nil { isFound = true }
            }
        }
        _ = damage { () throws(StateError) in
            do throws(StateError) { _ = try folder.merge([opened, opened], isWhole: true) } catch {
                // Entries out of order are noticed where they are written.
                if error.path == path { throw error }
            }
        }
        return isFound
    }
}
