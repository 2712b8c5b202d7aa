import EventLog
import Relational

/// The file `CHECKPOINT-<number>`. Lines of text, so that a person can read it.
///
///     leftfold-state 1
///     log 6f3c2a52-7f0e-4b0c-9d5b-0d3a8f6f1c11
///     semantics 3
///     number 17
///     frontier 184320 timeline 1 lsn 0/1A2B3C time 812345678901234
///     written 812345678990000
///     section orders sum
///     run 000000000000002a bytes 1048640 entries 20000 cancels 12 crc32c 7d11c0de
///     run 000000000000002f bytes 8192 entries 190 cancels 80 crc32c 01b2c3d4
///     section totals replace
///     note plan 00ff12
///     crc32c 9ab3f00d
///
/// A `run` line belongs to the section above it, oldest first; `section` and `note` lines may be missing, and a note of no bytes is `-`. The last
/// line, the same in every version, is the CRC32C of all bytes before it, in hexadecimal.
extension StateManifest {
    static let version = 1
    /// A longer file is not a manifest.
    static let byteMax: Int64 = 64 << 20

    /// The bytes of the file.
    var bytes: [UInt8] {
        var text = "leftfold-state \(Self.version)\nlog \(logID)\nsemantics \(semantics)\nnumber \(number)\n"
        text += "frontier \(offset) timeline \(timeline) lsn \(lsn) time \(commitTime)\nwritten \(writtenAt)\n"
        for section in sections {
            text += "section \(section.name) \(section.rule)\n"
            for run in section.runs {
                text += "run \(StateNames.hexadecimal(run.id)) bytes \(run.byteCount) entries \(run.entryCount)"
                text += " cancels \(run.cancelCount) crc32c \(StateNames.hexadecimal(run.checksum))\n"
            }
        }
        for (name, bytes) in notes.sorted(by: { $0.key < $1.key }) {
            text += "note \(name) \(bytes.isEmpty ? "-" : bytes.map(StateNames.hexadecimal).joined())\n"
        }
        return Self.sealed(Array(text.utf8))
    }

    /// Parses the file's bytes.
    ///
    /// - Throws: `corrupt` or `newerFormat`.
    init(parsing bytes: [UInt8], path: String) throws(StateError) {
        let body = bytes.dropLast(Self.sealByteCount)
        guard body.last == UInt8(ascii: "\n"), Self.sealed(Array(body)) == bytes else {
            throw .damagedManifest("a manifest of state is damaged", path)
        }
        let lines = String(decoding: body.dropLast(), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        var fields = LineReader(lines[...])
        guard let words = fields.next("leftfold-state"), words.count == 1, let version = Int(words[0]), version > 0
        else {
            throw .damagedManifest("a manifest of state does not begin like one", path)
        }
        guard version <= Self.version else { throw .newerManifest(version, path) }
        guard let manifest = Self(fields: &fields), fields.isAtEnd else {
            throw .damagedManifest("a manifest of state has a line that is not as it must be", path)
        }
        self = manifest
    }

    private init?(fields: inout LineReader) {
        guard let log = fields.next("log"), log.count == 1, let semantics: Int = fields.number("semantics"),
            let number: UInt64 = fields.number("number"), let words = fields.next("frontier"), words.count == 7,
            words[1] == "timeline", words[3] == "lsn", words[5] == "time", let offset = Int64(words[0]),
            let timeline = UInt32(words[2]), let lsn = LSN(parsing: words[4]), let commitTime = Int64(words[6]),
            let writtenAt: Int64 = fields.number("written")
        else { return nil }
        self.init(
            logID: String(log[0]),
            semantics: semantics,
            number: number,
            offset: Offset(offset),
            timeline: timeline,
            lsn: lsn,
            commitTime: commitTime,
            writtenAt: writtenAt
        )
        while let words = fields.next("section") {
            guard words.count == 2, let rule = MergeRule.allCases.first(where: { "\($0)" == words[1] }) else {
                return nil
            }
            var section = Section(name: String(words[0]), rule: rule, runs: [])
            while let words = fields.next("run") {
                guard let run = RunReference(parsing: words) else { return nil }
                section.runs.append(run)
            }
            sections.append(section)
        }
        while let words = fields.next("note") {
            guard words.count == 2, let bytes = Self.bytes(of: words[1]) else { return nil }
            notes[String(words[0])] = bytes
        }
    }

    private static func bytes(of digits: Substring) -> [UInt8]? {
        if digits == "-" { return [] }
        let values = digits.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard values.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count / 2)
        for index in stride(from: 0, to: values.count, by: 2) {
            guard let high = values[index], let low = values[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }

    private static let sealByteCount = "crc32c 00000000\n".utf8.count

    /// The bytes with their checksum behind them.
    private static func sealed(_ body: [UInt8]) -> [UInt8] {
        let checksum = body.withUnsafeBytes { Checksum.crc32c($0) }
        return body + Array("crc32c \(StateNames.hexadecimal(checksum))\n".utf8)
    }
}

extension RunReference {
    /// The words of a manifest's line.
    fileprivate init?(parsing words: [Substring]) {
        guard words.count == 9, words[1] == "bytes", words[3] == "entries", words[5] == "cancels", words[7] == "crc32c",
            let id = UInt64(words[0], radix: 16), id <= StateNames.numberMax, let byteCount = Int64(words[2]),
            byteCount >= 0, let entryCount = Int(words[4]), entryCount >= 0, let cancelCount = Int(words[6]),
            cancelCount >= 0, let checksum = UInt32(words[8], radix: 16)
        else { return nil }
        self.init(
            id: id,
            byteCount: byteCount,
            entryCount: entryCount,
            cancelCount: cancelCount,
            checksum: checksum
        )
    }
}

/// Lines, each a name with words after it.
private struct LineReader {
    private var lines: ArraySlice<Substring>

    init(_ lines: ArraySlice<Substring>) { self.lines = lines }

    var isAtEnd: Bool { lines.isEmpty }

    /// The words of the next line when it has this name.
    mutating func next(_ name: String) -> [Substring]? {
        guard let line = lines.first else { return nil }
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words[0] == name else { return nil }
        lines.removeFirst()
        return Array(words.dropFirst())
    }

    mutating func number<Number: FixedWidthInteger>(_ name: String) -> Number? {
        guard let words = next(name), words.count == 1 else { return nil }
        return Number(words[0])
    }
}
