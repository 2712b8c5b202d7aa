import Relational

/// One file of the log, as far as it is durable.
struct Segment: Hashable, Sendable {
    var first: Offset
    /// The first offset after the last durable frame.
    var end: Offset
    /// Where the last durable frame ends in the file.
    var byteCount: Int64
    /// 0 as it was appended; else the number of the rewriting that made the file. Offsets may be missing in it.
    var revision: UInt32 = 0

    var isRewritten: Bool { revision > 0 }

    var name: SegmentName { SegmentName(first: first, revision: revision) }

    func path(in directory: String) -> String { "\(directory)/\(name)" }
}

/// The name of a segment's file: the first offset in twenty decimal digits, `-` and the revision when it was rewritten, `.seg`.
struct SegmentName: Hashable, Comparable, CustomStringConvertible {
    var first: Offset
    var revision: UInt32 = 0

    static let suffix = ".seg"

    static func < (left: SegmentName, right: SegmentName) -> Bool {
        (left.first, left.revision) < (right.first, right.revision)
    }

    var description: String {
        let digits = String(first.rawValue)
        let name = String(repeating: "0", count: 20 - digits.utf8.count) + digits
        return name + (revision == 0 ? "" : "-\(revision)") + Self.suffix
    }
}

extension SegmentName {
    /// Nil when it is not a segment's name.
    init?(parsing name: String) {
        guard name.utf8.count >= 24, name.hasSuffix(Self.suffix) else { return nil }
        let parts = name.dropLast(Self.suffix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard let value = Int64(parts[0]), value >= 0, parts.count <= 2 else { return nil }
        var revision: UInt32 = 0
        if parts.count == 2 {
            guard let written = UInt32(parts[1]), written > 0 else { return nil }
            revision = written
        }
        self.init(first: Offset(value), revision: revision)
        guard description == name else { return nil }
    }
}
