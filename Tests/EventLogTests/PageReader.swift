import CChecksum
import Testing

/// A reader written from `docs/log-format.md` alone; shares no code with the log's own.
struct PageReader {
    struct Frame {
        var kind: UInt8
        var first: Int64
        var group: UInt64
        var lsn: UInt64
        var serials: [Int64]
        /// Fingerprints of the records by their offsets.
        var records: [Int64: UInt32]
    }

    let seed: UInt32
    /// The offset up to which the log was compacted.
    let horizon: Int64
    /// The names of the segments below the horizon, and where they end.
    let segments: [(name: String, end: Int64)]

    init(manifest: [UInt8]) throws {
        let lines = String(decoding: manifest, as: UTF8.self).split(separator: "\n")
        let digits = Array(lines[1].dropFirst(3).filter { $0 != "-" })
        let id = try stride(from: 0, to: 32, by: 2).map { try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16)) }
        seed = Self.crc(id)
        var horizon: Int64 = 0
        var segments: [(name: String, end: Int64)] = []
        for line in lines {
            let words = line.split(separator: " ")
            if words[0] == "horizon" { horizon = try #require(Int64(words[1])) }
            guard words[0] == "segment" else { continue }
            let name = String(repeating: "0", count: 20 - words[1].count) + words[1]
            segments.append(
                (words[2] == "0" ? "\(name).seg" : "\(name)-\(words[2]).seg", try #require(Int64(words[4])))
            )
        }
        self.horizon = horizon
        self.segments = segments
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

    /// What stays of a record when its frame is written anew: all but bytes 12..<16.
    static func fingerprint(_ record: ArraySlice<UInt8>) -> UInt32 {
        crc(record.prefix(12) + record.dropFirst(16))
    }

    /// Fingerprints of all records that a reader of the whole log sees, by their offsets.
    func records(among names: [String], _ contents: (String) -> [UInt8]?) throws -> [Int64: UInt32] {
        var records: [Int64: UInt32] = [:]
        var pending: [UInt64: [Int64: UInt32]] = [:]
        let later = names.filter { name in
            name.hasSuffix(".seg") && !name.contains("-") && Int64(name.dropLast(4)).map { $0 >= horizon } == true
        }
        for name in segments.map(\.name) + later.sorted() {
            let segment = try #require(contents(name)?[...])
            let isRewritten = Self.integer(segment, 8..<12) == 2
            #expect(isRewritten == name.contains("-"))
            #expect(Self.integer(segment, 12..<16) == UInt64(Self.crc(segment[16..<64])))
            if isRewritten { #expect(segments.contains { $0 == (name, Int64(Self.integer(segment, 40..<48))) }) }
            for frame in frames(Array(segment)) {
                if !isRewritten, frame.kind == 2 || frame.kind == 3 {
                    pending[frame.group, default: [:]].merge(frame.records) { one, _ in one }
                } else {
                    if frame.group != 0 {
                        records.merge(pending.removeValue(forKey: frame.group) ?? [:]) { one, _ in one }
                    }
                    records.merge(frame.records) { one, _ in one }
                }
            }
        }
        return records
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
                    serials: [1, 2, 3, 8].contains(kind) ? serials(payload) : [],
                    records: [1, 2, 3, 8].contains(kind) ? records(header, payload) : [:]
                )
            )
            rest = rest.dropFirst(byteCount)
        }
        return frames
    }

    private func records(_ header: ArraySlice<UInt8>, _ payload: ArraySlice<UInt8>) -> [Int64: UInt32] {
        let first = Int64(Self.integer(header, 24..<32))
        let isSparse = Self.integer(header, 13..<14) == 2
        var rest = payload
        var records: [Int64: UInt32] = [:]
        while !rest.isEmpty {
            let record = rest.prefix(Int(Self.integer(rest, 0..<4)))
            let distance = isSparse ? Int64(Self.integer(record, 12..<16)) : Int64(records.count)
            records[first + distance] = Self.fingerprint(record)
            rest = rest.dropFirst(record.count)
        }
        #expect(records.count == Int(Self.integer(header, 16..<20)))
        return records
    }

    /// The first column of each record's new row; −1 without one.
    private func serials(_ payload: ArraySlice<UInt8>) -> [Int64] {
        var rest = payload
        var serials: [Int64] = []
        while !rest.isEmpty {
            let row = rest.dropFirst(16)
            let hasNewRow = Self.integer(rest, 9..<10) & 1 != 0
            serials.append(hasNewRow ? Int64(bitPattern: Self.integer(row, 8..<16)) : -1)
            rest = rest.dropFirst(Int(Self.integer(rest, 0..<4)))
        }
        return serials
    }
}
