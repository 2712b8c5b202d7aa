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

    private static let partCount = 64

    private let segments: [Segment]
    /// By relation; empty for those without a size.
    private var bytes: [[Int64]]
    private var limits: [Int64]
    private(set) var cuts: [Cut?]
    private(set) var deadBytes: [Int64]

    init(_ scope: CompactionScope, _ rules: borrowing RelationRules) {
        segments = scope.segments
        limits = rules.relations.map(\.limit)
        bytes = rules.relations.map { relation in
            relation.rule == .sized ? Array(repeating: 0, count: scope.segments.count * Self.partCount) : []
        }
        cuts = Array(repeating: nil, count: limits.count)
        deadBytes = Array(repeating: 0, count: segments.count)
    }

    mutating func add(_ byteCount: Int, of relation: Int, segment: Int, at position: Int64) {
        bytes[relation][part(segment, position)] += Int64(byteCount)
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
        for relation in bytes.indices where bytes[relation].reduce(0, +) > limits[relation] && !bytes[relation].isEmpty
        {
            var left = limits[relation]
            var part = bytes[relation].count - 1
            while part > 0, bytes[relation][part] <= left {
                left -= bytes[relation][part]
                part -= 1
            }
            let cut = try cut(relation, part, left, scope, rules, unclosed)
            cuts[relation] = cut
            floor = max(floor, cut.floor)
            for (index, byteCount) in bytes[relation].enumerated() where index <= part {
                deadBytes[index / Self.partCount] += byteCount
            }
            deadBytes[part / Self.partCount] -= left
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
