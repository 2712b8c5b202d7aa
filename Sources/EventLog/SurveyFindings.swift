import Relational

/// What a survey has found: which records leave, and what it knows of segments, groups and tombstones.
struct SurveyFindings: ~Copyable {
    /// What is known of a segment.
    struct Tally {
        var records = 0
        var deadRecords = 0
        var deadBytes: Int64 = 0
        /// Records that stay in another form, and the bytes that this saves.
        var alteredRecords = 0
        var savedBytes: Int64 = 0
        /// Bytes that partial records take over from their elders.
        var grownBytes: Int64 = 0
        /// Frames without records that nobody needs.
        var spareBytes: Int64 = 0

        /// What the segment will hold, as far as it is known.
        func livingBytes(of segment: Segment) -> Int64 {
            max(0, segment.byteCount - deadBytes - savedBytes - spareBytes) + grownBytes
        }
    }

    /// A partial record and the elders that complete it, newest first.
    struct Completion {
        var number: Int
        var sources: [Source]
    }

    struct Source {
        var place: RecordPlace
        var byteCount: UInt32
    }

    let base: Offset
    let dirtyCount: Int
    var marks = RecordMarks()
    var tallies: [Tally]
    /// The number of the first record of each segment of the clean part.
    var cleanStarts: [Int] = []
    /// By number.
    private(set) var completions: [Completion] = []
    var sizes: RelationSizes
    /// The members of each closed group, by the numbers of their records.
    var groups: [GroupID: [Range<Int>]] = [:]
    /// Closed groups with a living record in a member.
    private(set) var livingGroups: Set<GroupID> = []
    /// Groups that nobody closed.
    var unclosedGroups: Set<GroupID> = []
    var lastTick: Offset?
    /// The end of the highest unit of which a record leaves though no later one says more.
    var floor = Offset.zero
    var records = 0
    /// Records that take a row away or empty a relation, and those of them that leave.
    var tombstones = 0
    private(set) var tombstonesGone = 0
    private(set) var tombstonesDropped = 0
    /// The source's position at the end of the part, and its commit time.
    var position: SourcePosition
    var time: Int64

    init(_ scope: CompactionScope, _ rules: borrowing RelationRules) {
        base = scope.base
        dirtyCount = scope.dirtyCount
        tallies = Array(repeating: Tally(), count: scope.segments.count)
        marks.reserve(scope.dirtyCount)
        sizes = RelationSizes(scope, rules)
        let horizon = scope.log.horizon
        position = horizon.position
        time = horizon.time
    }

    mutating func kill(_ mark: RecordMark, segment: Int, byteCount: Int) {
        let before = marks.set(mark.bits, mark.number)
        let after = before.union(mark.bits)
        guard after != before else { return }
        if mark.removes { tombstonesGone += 1 }
        if after == .dead {
            tallies[segment].deadRecords += 1
            tallies[segment].deadBytes += Int64(byteCount + (mark.isAlone ? StoredFrame.headerByteCount : 0))
        } else {
            tallies[segment].alteredRecords += 1
        }
    }

    /// A tombstone that nobody needs leaves for good.
    mutating func drop(_ mark: RecordMark, segment: Int, byteCount: Int, unitEnd: Offset) {
        guard marks[mark.number].isDisjoint(with: .tombstone) else { return }
        kill(mark, segment: segment, byteCount: byteCount)
        tombstonesDropped += 1
        leave(unitEnd)
    }

    /// A record leaves though no later one says more: readers below the end of its unit miss it.
    mutating func leave(_ unitEnd: Offset) { floor = max(floor, unitEnd) }

    /// A record that was superseded stays after all: another one needs it.
    mutating func revive(_ mark: RecordMark, segment: Int, byteCount: Int) {
        let before = marks.clear(mark.bits, mark.number)
        guard before == .dead else { return }
        tallies[segment].deadRecords -= 1
        tallies[segment].deadBytes -= Int64(byteCount + (mark.isAlone ? StoredFrame.headerByteCount : 0))
    }

    mutating func complete(_ completion: Completion, segment: Int) {
        completions.append(completion)
        tallies[segment].alteredRecords += 1
        tallies[segment].grownBytes += completion.sources.reduce(0) { $0 + Int64($1.byteCount) }
    }

    /// The elders of a partial record; nil when it stays partial.
    func completion(_ number: Int) -> Completion? {
        var low = 0
        var high = completions.count
        while low < high {
            let middle = (low + high) / 2
            if completions[middle].number <= number { low = middle + 1 } else { high = middle }
        }
        return low > 0 && completions[low - 1].number == number ? completions[low - 1] : nil
    }

    /// Draws the conclusions when all passes are done.
    mutating func finish(floor sizesFloor: Offset) {
        floor = max(floor, sizesFloor)
        for (index, byteCount) in sizes.deadBytes.enumerated() where byteCount > 0 {
            tallies[index].deadBytes += byteCount
            tallies[index].deadRecords += 1
        }
        completions.sort { $0.number < $1.number }
        for (group, members) in groups where members.contains(where: { marks.holdsLife($0.lowerBound, $0.count) }) {
            livingGroups.insert(group)
        }
        groups = [:]
    }

    /// Takes note of a frame below the new horizon, in the order of delivery.
    mutating func notePosition(_ header: FrameHeader) {
        let isPosition = header.kind == .commit || header.kind == .position || header.kind == .snapshotComplete
        guard isPosition, header.commitEnd.lsn != .zero else { return }
        let isLater =
            header.commitEnd.timeline > position.timeline
            || header.commitEnd.timeline == position.timeline && header.commitEnd.lsn >= position.lsn
        guard isLater else { return }
        position = header.commitEnd
        time = header.commitTime
    }
}
