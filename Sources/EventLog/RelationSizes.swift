import Relational

/// How many bytes of each `size` relation lie where, and from where on they stay.
///
/// The survey adds up bytes by 64th parts of each segment. The part in which the limit is reached is read again, record by record.
struct RelationSizes {
    /// Records of the relation before this place leave.
    struct Cut {
        var place: RecordPlace
        var floor: Offset
    }

    /// What of a relation lies in a 64th part of a segment.
    struct Part {
        var byteCount: Int64 = 0
        /// The end of the highest unit that has a record of the relation here. A large transaction may end far behind.
        var unitEnd = Offset.zero
    }

    private static let partCount = 64

    private let segments: [Segment]
    /// By relation; empty for those without a size.
    private var parts: [[Part]]
    private var limits: [Int64]
    private(set) var cuts: [Cut?]
    private(set) var deadBytes: [Int64]

    init(_ scope: CompactionScope, _ rules: borrowing RelationRules) {
        segments = scope.segments
        limits = rules.relations.map(\.limit)
        parts = rules.relations.map { relation in
            relation.rule == .sized ? Array(repeating: Part(), count: scope.segments.count * Self.partCount) : []
        }
        cuts = Array(repeating: nil, count: limits.count)
        deadBytes = Array(repeating: 0, count: segments.count)
    }

    /// Adds a record of a frame.
    mutating func add(_ byteCount: Int, of relation: Int, in frame: WalkedFrame) {
        let number = part(frame.segment, frame.position)
        parts[relation][number].byteCount += Int64(byteCount)
        parts[relation][number].unitEnd = max(parts[relation][number].unitEnd, frame.unitEnd)
    }

    private func part(_ segment: Int, _ position: Int64) -> Int {
        let within = position * Int64(Self.partCount) / max(1, segments[segment].byteCount)
        return segment * Self.partCount + min(Self.partCount - 1, Int(within))
    }

    /// Whether a record lies before the cut of its relation.
    func isCut(_ place: RecordPlace, _ relation: Int) -> Bool {
        guard let cut = cuts[relation] else { return false }
        return (place.segment, place.position) < (cut.place.segment, cut.place.position)
    }

    /// Finds the cuts; returns the end of the highest unit of which a record leaves.
    mutating func finish(
        _ scope: CompactionScope,
        _ rules: borrowing RelationRules,
        unclosed: Set<GroupID>
    ) throws(LogError) -> Offset {
        var floor = Offset.zero
        for (relation, parts) in parts.enumerated() {
            guard parts.reduce(0, { $0 + $1.byteCount }) > limits[relation], !parts.isEmpty else { continue }
            var left = limits[relation]
            var last = parts.count - 1
            while last > 0, parts[last].byteCount <= left {
                left -= parts[last].byteCount
                last -= 1
            }
            let cut = try cut(relation, last, left, scope, rules, unclosed)
            cuts[relation] = cut
            floor = parts[..<last].reduce(max(floor, cut.floor)) { max($0, $1.unitEnd) }
            for (number, part) in parts[...last].enumerated() {
                deadBytes[number / Self.partCount] += part.byteCount
            }
            deadBytes[last / Self.partCount] -= left
        }
        return floor
    }

    /// The first record of a part from which on at most `left` bytes of the relation lie in it.
    private func cut(
        _ relation: Int,
        _ part: Int,
        _ left: Int64,
        _ scope: CompactionScope,
        _ rules: borrowing RelationRules,
        _ unclosed: Set<GroupID>
    ) throws(LogError) -> Cut {
        let segment = part / Self.partCount
        var found: [(place: RecordPlace, unitEnd: Offset, byteCount: Int)] = []
        var walk = try FileWalk(scope, segment)
        while let frame = try walk.next() {
            let number = self.part(segment, frame.position)
            if number > part { break }
            guard number == part, frame.header.kind.hasRecords, !unclosed.contains(frame.header.group) else { continue }
            for record in FrameRecords(frame.payload) where Int(rules.layout(record).relation) == relation {
                let place = RecordPlace(segment: segment, position: frame.position(of: record))
                found.append((place, frame.unitEnd, record.byteCount))
            }
        }
        var left = left
        for (index, record) in found.enumerated().reversed() {
            left -= Int64(record.byteCount)
            guard left < 0 else { continue }
            let end = record.place.position + Int64(record.byteCount)
            return Cut(
                place: RecordPlace(segment: segment, position: end),
                floor: found[...index].reduce(.zero) { max($0, $1.unitEnd) }
            )
        }
        return Cut(place: RecordPlace(segment: segment, position: 0), floor: .zero)
    }
}
