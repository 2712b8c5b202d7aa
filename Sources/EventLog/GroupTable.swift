import Relational

/// The groups of a log: where each began, and whether and where it was closed.
///
/// An id is given once in the life of a log. So a group that a crash left open can never be closed later: it is dropped for good, and
/// every later opening sees it so again.
struct GroupTable {
    /// One group.
    struct Extent {
        var kind: FrameKind
        /// The first offset of its first frame.
        var first: Offset
        /// The first offset after the frame that closed it.
        var end: Offset?
        /// The frame that closed it.
        var closing: ClosingFrame?
        /// Whether no other frame lies between its first frame and its close.
        var isContiguous = true
    }

    private(set) var extents: [GroupID: Extent] = [:]
    /// Groups with frames and no close.
    private(set) var open: Set<GroupID> = []
    /// Groups that an earlier process left open.
    private(set) var dropped: Set<GroupID> = []
    /// Ids given out, without a frame yet.
    private var made: Set<GroupID> = []
    private var next: UInt64 = 1

    init() {}

    /// As it was written down.
    init(extents: [GroupID: Extent], open: Set<GroupID>, dropped: Set<GroupID>, next: UInt64) {
        self.extents = extents
        self.open = open
        self.dropped = dropped
        self.next = next
    }

    /// The first id that was not given yet.
    var nextID: UInt64 { next }

    /// Ids below this one were given, though their frames may be gone.
    mutating func reserve(below id: UInt64) { next = max(next, id) }

    mutating func make() -> GroupID {
        let group = GroupID(next)
        next += 1
        made.insert(group)
        return group
    }

    /// Why a frame may not be appended; nil when it may.
    func refusal(_ kind: FrameKind, _ group: GroupID) -> String? {
        let closes = kind == .snapshotComplete || kind == .commit && group != .none
        guard kind.isGroupMember || closes else {
            return group == .none ? nil : "a \(kind) frame belongs to no group"
        }
        if made.contains(group) { return nil }
        guard open.contains(group), let extent = extents[group] else {
            return "group \(group) was closed, dropped or never made"
        }
        return (kind.isGroupMember ? extent.kind == kind : extent.kind.closing == kind)
            ? nil : "a \(kind) frame does not fit the \(extent.kind) frames of group \(group)"
    }

    /// Takes note of a frame in the log; returns what is wrong with it, which `refusal` has prevented for frames of this process.
    mutating func note(_ header: FrameHeader) -> String? {
        let group = header.group
        for other in open where other != group { extents[other]?.isContiguous = false }
        guard group != .none else { return nil }
        made.remove(group)
        next = max(next, group.rawValue + 1)
        guard var extent = extents[group] else {
            if header.kind.isGroupMember { open.insert(group) }
            extents[group] = Extent(
                kind: header.kind,
                first: header.firstOffset,
                end: header.kind.isGroupMember ? nil : header.endOffset
            )
            return nil
        }
        guard extent.end == nil else { return "a frame of group \(group) after the group's end" }
        if header.kind.isGroupMember {
            return extent.kind == header.kind ? nil : "group \(group) mixes kinds"
        }
        guard extent.kind.closing == header.kind else { return "group \(group) is closed by the wrong kind of frame" }
        extent.end = header.endOffset
        extent.closing = ClosingFrame(header)
        extents[group] = extent
        open.remove(group)
        return nil
    }

    /// After recovery: what is open now stays so forever.
    mutating func dropOpen() {
        dropped.formUnion(open)
        open = []
    }

    /// The first offset of the eldest group that began before `offset` and was not done at it.
    func eldest(spanning offset: Offset) -> Offset? {
        var eldest: Offset?
        for (group, extent) in extents where extent.first < offset && !dropped.contains(group) {
            if let end = extent.end, end <= offset { continue }
            eldest = min(eldest ?? extent.first, extent.first)
        }
        return eldest
    }
}
