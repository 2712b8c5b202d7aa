/// What a frame of the log says.
public enum FrameKind: UInt8, Sendable, CaseIterable {
    /// One source transaction, or its end when the rest came in *part* frames of the same group.
    case commit = 1
    /// A piece of a large source transaction; invisible until the *commit* frame of its group.
    case part = 2
    /// Rows read by a snapshot; invisible until the *snapshot complete* frame of its group.
    case snapshot = 3
    /// The end of a snapshot, with the relations it has read.
    case snapshotComplete = 4
    /// One version of one relation's schema, with the position at which it was read.
    case schema = 5
    /// No records: every published commit up to this position is in the log.
    case position = 6
    /// The time the fold may take for *now* from here on.
    case clockTick = 7
    /// Records that an application appended itself.
    case application = 8
    /// From here on, rows of the listed relations begin anew.
    case generation = 9

    /// Whether the payload is change records.
    public var hasRecords: Bool {
        switch self {
        case .commit, .part, .snapshot, .application: true
        case .snapshotComplete, .schema, .position, .clockTick, .generation: false
        }
    }

    /// Whether the frame is invisible until its group is closed.
    public var isGroupMember: Bool { self == .part || self == .snapshot }

    /// The kind of frame that closes a group of frames of this kind.
    var closing: FrameKind? {
        switch self {
        case .part: .commit
        case .snapshot: .snapshotComplete
        default: nil
        }
    }
}

/// The number of a group: the parts of one large commit, or the frames of one snapshot. Given by `EventLog.makeGroup`.
@frozen
public struct GroupID: Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64

    @inlinable
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// No group.
    public static let none = GroupID(0)

    public var description: String { String(rawValue) }
}
