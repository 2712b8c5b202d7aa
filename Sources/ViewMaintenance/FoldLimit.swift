import EventLog
public import Relational

/// Where a fold stops reading although the log goes on.
public enum FoldLimit: Equatable, Sendable {
    case none
    /// Before the first commit or snapshot that ends above this LSN; never before the log's first snapshot.
    case lsn(LSN)
    /// Before the frame at this offset.
    case offset(Offset)
}

extension FoldLimit {
    /// Whether a compacted part of the log that ends at `horizon` reaches beyond the limit.
    func liesBelow(_ horizon: LogHorizon) -> Bool {
        switch self {
        case .none: false
        case .offset(let offset): offset < horizon.offset
        case .lsn(let lsn): lsn < horizon.position.lsn
        }
    }

    /// Whether a fold at `frontier` stands where the limit wants it.
    func isReached(by frontier: Frontier) -> Bool {
        switch self {
        case .none: false
        case .offset(let offset): frontier.offset >= offset
        case .lsn(let lsn): frontier.position.lsn >= lsn
        }
    }

    /// Whether a frame lies beyond the limit; frames of a group lie where the frame that closes them does.
    ///
    /// A position frame changes no rows: an LSN does not keep it out.
    func excludes(_ frame: FrameView) -> Bool {
        switch self {
        case .none: return false
        case .offset(let offset): return frame.closing.offset >= offset
        case .lsn(let lsn):
            switch frame.closing.kind {
            case .commit, .snapshotComplete: return frame.closing.transaction.commitEnd.lsn > lsn
            case .part, .snapshot, .schema, .position, .clockTick, .application, .generation: return false
            }
        }
    }
}
