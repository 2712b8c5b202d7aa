import EventLog
import TestSupport
import Testing

@testable import StateFiles

@Suite struct StateManifestTests {
    private static let path = "/data/state/CHECKPOINT-17"

    private static var sample: StateManifest {
        let run = RunReference(
            id: 0x2A,
            byteCount: 1_048_640,
            entryCount: 20_000,
            cancelCount: 12,
            checksum: 0x7D11_C0DE
        )
        var manifest = StateSample.manifest([])
        manifest.logID = StateSample.logID
        manifest.semantics = 3
        manifest.number = 17
        manifest.sections = [
            StateManifest.Section(name: "orders", rule: .sum, runs: [run, run]),
            StateManifest.Section(name: "empty", rule: .sum, runs: []),
            StateManifest.Section(name: "totals", rule: .replace, runs: [run]),
        ]
        return manifest
    }

    @Test func `a manifest is text, and reads back as it was`() throws {
        let text = String(decoding: Self.sample.bytes, as: UTF8.self)
        let expected = """
            leftfold-state 1
            log 6f3c2a52-7f0e-4b0c-9d5b-0d3a8f6f1c11
            semantics 3
            number 17
            frontier 7 timeline 1 lsn 1/23456789 time -5
            written 812345678901234
            section orders sum
            run 000000000000002a bytes 1048640 entries 20000 cancels 12 crc32c 7d11c0de
            run 000000000000002a bytes 1048640 entries 20000 cancels 12 crc32c 7d11c0de
            section empty sum
            section totals replace
            run 000000000000002a bytes 1048640 entries 20000 cancels 12 crc32c 7d11c0de
            note none -
            note plan 00ff10
            crc32c \(text.dropLast().suffix(8))

            """
        #expect(text == expected)
        #expect(try StateManifest(parsing: Self.sample.bytes, path: Self.path) == Self.sample)
    }

    @Test func `any bit turned, any end cut off and any byte more is damage`() {
        let bytes = Self.sample.bytes
        func expectDamage(_ altered: [UInt8], _ what: String) {
            do throws(StateError) {
                _ = try StateManifest(parsing: altered, path: Self.path)
                Issue.record("\(what) was not seen")
            } catch {
                #expect(error.code == .corrupt && error.path == Self.path && error.hint != nil, "\(what): \(error)")
            }
        }
        for index in bytes.indices {
            expectDamage(Array(bytes.prefix(index)), "an end at \(index)")
            for bit in 0..<8 {
                var altered = bytes
                altered[index] ^= 1 << UInt8(bit)
                expectDamage(altered, "bit \(bit) of byte \(index)")
            }
        }
        expectDamage(bytes + [10], "a line more")
        expectDamage(bytes + bytes, "the text twice")
        expectDamage([UInt8](repeating: 10, count: 64), "empty lines")
    }

    /// Checksums do not tell who wrote a file: what they cover is checked as well.
    @Test func `a right checksum does not excuse a line that is not as it must be`() {
        let lines = String(decoding: Self.sample.bytes, as: UTF8.self).split(separator: "\n").dropLast().map(
            String.init
        )
        func expect(_ lines: [String], _ code: StateError.Code, _ what: String) {
            let body = Array((lines.joined(separator: "\n") + "\n").utf8)
            let checksum = body.withUnsafeBytes { Checksum.crc32c($0) }
            let text = body + Array("crc32c \(StateNames.hexadecimal(checksum))\n".utf8)
            do throws(StateError) {
                _ = try StateManifest(parsing: text, path: Self.path)
                Issue.record("\(what) was taken")
            } catch {
                #expect(error.code == code, "\(what): \(error)")
            }
        }
        expect(["leftfold-state 2"] + lines.dropFirst() + ["what comes later"], .newerFormat, "a newer version")
        expect(["leftfold-state 0"] + lines.dropFirst(), .corrupt, "version 0")
        expect(["leftfold-log 1"] + lines.dropFirst(), .corrupt, "another file")
        for index in 0..<6 {
            var altered = lines
            altered.remove(at: index)
            expect(altered, .corrupt, "no line \(index)")
            altered = lines
            altered[index] += " more"
            expect(altered, .corrupt, "a longer line \(index)")
        }
        let bad = [
            "run 7fffffffffffffff bytes 1 entries 1 cancels 0 crc32c 00000000",
            "run 1 bytes -1 entries 1 cancels 0 crc32c 00000000",
            "run 1 bytes 1 entries -1 cancels 0 crc32c 00000000",
            "run 1 bytes 1 entries 1 cancels 99999999999999999999 crc32c 00000000",
            "run 1 bytes 1 entries 1 cancels 0 crc32c 100000000",
            "run 1 bytes 1 entries 1 cancels 0", "section orders product", "section orders", "note", "note plan 0",
            "note plan 0g", "unknown 1",
        ]
        for line in bad { expect(lines.prefix(7) + [line], .corrupt, line) }
        expect(lines + ["run 1 bytes 1 entries 1 cancels 0 crc32c 00000000"], .corrupt, "a run of no section")
    }

    @Test func `only names that are given are known`() {
        #expect(StateNames.manifestNumber("CHECKPOINT-17") == 17)
        #expect(StateNames.runID("000000000000002a.run") == 42)
        #expect(StateNames.isUnfinished("CHECKPOINT-17.tmp") && StateNames.isUnfinished("000000000000002a.run.tmp"))
        for name in [
            "CHECKPOINT-", "CHECKPOINT-017", "CHECKPOINT-+1", "CHECKPOINT-18446744073709551615", "CHECKPOINT-x",
        ] {
            #expect(StateNames.manifestNumber(name) == nil, "\(name)")
        }
        for name in ["2a.run", "000000000000002A.run", "+00000000000002a.run", "ffffffffffffffff.run", ".run"] {
            #expect(StateNames.runID(name) == nil, "\(name)")
        }
        #expect(!StateNames.isUnfinished("notes.tmp") && !StateNames.isUnfinished(".tmp"))
    }
}
