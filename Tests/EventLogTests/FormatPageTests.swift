import CChecksum
import Relational
import TestSupport
import Testing

@testable import EventLog

/// A reader written from `docs/log-format.md` alone; shares no code with the log's own.
private struct PageReader {
    struct Frame {
        var kind: UInt8
        var first: Int64
        var group: UInt64
        var lsn: UInt64
        var serials: [Int64]
    }

    let seed: UInt32

    init(manifest: [UInt8]) throws {
        let lines = String(decoding: manifest, as: UTF8.self).split(separator: "\n")
        let digits = Array(lines[1].dropFirst(3).filter { $0 != "-" })
        let id = try stride(from: 0, to: 32, by: 2).map { try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16)) }
        seed = Self.crc(id)
        let body = Array(manifest[..<(manifest.count - 16)])
        #expect(
            lines[lines.count - 1] == "crc32c " + String(repeating: "0", count: 8 - Self.hex(body).count)
                + Self.hex(body)
        )
    }

    static func hex(_ bytes: [UInt8]) -> String { String(crc(bytes), radix: 16) }

    static func crc(_ bytes: some Sequence<UInt8>, _ seed: UInt32 = 0) -> UInt32 {
        Array(bytes).withUnsafeBytes { leftfold_crc32c(seed, $0.baseAddress, $0.count) }
    }

    static func integer(_ bytes: ArraySlice<UInt8>, _ range: Range<Int>) -> UInt64 {
        let start = bytes.startIndex
        return range.reversed().reduce(0) { $0 << 8 | UInt64(bytes[start + $1]) }
    }

    func frames(_ segment: [UInt8]) -> [Frame] {
        var frames: [Frame] = []
        var rest = segment[64...]
        while !rest.isEmpty {
            let byteCount = Int(Self.integer(rest, 8..<12))
            let header = rest.prefix(64)
            let payload = rest.prefix(byteCount).dropFirst(64)
            #expect(Self.integer(header, 0..<4) == UInt64(Self.crc(header.dropFirst(4), seed)))
            #expect(Self.integer(header, 4..<8) == UInt64(Self.crc(payload, seed)))
            let kind = UInt8(Self.integer(header, 12..<13))
            frames.append(
                Frame(
                    kind: kind,
                    first: Int64(Self.integer(header, 24..<32)),
                    group: Self.integer(header, 48..<56),
                    lsn: Self.integer(header, 32..<40),
                    serials: [1, 2, 3, 8].contains(kind) ? serials(payload) : []
                )
            )
            rest = rest.dropFirst(byteCount)
        }
        return frames
    }

    /// The first column of each record's new row.
    private func serials(_ payload: ArraySlice<UInt8>) -> [Int64] {
        var rest = payload
        var serials: [Int64] = []
        while !rest.isEmpty {
            let row = rest.dropFirst(16)
            serials.append(Int64(Self.integer(row, 8..<16)))
            rest = rest.dropFirst(Int(Self.integer(rest, 0..<4)))
        }
        return serials
    }
}

@Suite struct FormatPageTests {
    @Test(arguments: UInt64(100)..<106)
    func `a reader written from the format page reads what the log delivers`(seed: UInt64) throws {
        let fileSystem = FaultyFileSystem()
        let workload = LogWorkload(seed: seed, fileSystem: fileSystem)
        for _ in 0..<200 { try workload.step() }
        try workload.log?.flush()
        let delivered = try #require(try workload.log?.delivered())
        let directory = LogWorkload.directory
        let page = try PageReader(manifest: try #require(fileSystem.contents("\(directory)/MANIFEST")))
        var pending: [UInt64: [PageReader.Frame]] = [:]
        var found: [PageReader.Frame] = []
        for path in fileSystem.paths where path.hasSuffix(".seg") {
            for frame in page.frames(fileSystem.contents(path) ?? []) {
                if frame.kind == 2 || frame.kind == 3 {
                    pending[frame.group, default: []].append(frame)
                } else {
                    found += (frame.group == 0 ? [] : pending.removeValue(forKey: frame.group) ?? []) + [frame]
                }
            }
        }
        #expect(found.map(\.first) == delivered.map(\.first.rawValue), "seed \(seed)")
        #expect(found.map(\.kind) == delivered.map(\.kind.rawValue), "seed \(seed)")
        #expect(found.map(\.lsn) == delivered.map(\.lsn), "seed \(seed)")
        #expect(found.map(\.serials) == delivered.map(\.serials), "seed \(seed)")
    }
}
