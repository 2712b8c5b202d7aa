import EventLog
import Relational

/// A transaction, or another unit of the log, that is folded in chunks: the first is folded, the last is not.
struct OpenUnit: Sendable {
    /// The end of the first chunk. The frames of a unit may stand before others that were folded already.
    let start: Offset
    /// The end of the frame that was read last.
    var reached: Offset
    /// The last frame of the unit.
    let closing: ClosingFrame
    private let meter = ProgressMeter(clock: .continuous)

    /// - Parameter frame: the last one of the first chunk.
    init(after frame: FrameView) {
        start = frame.header.endOffset
        reached = start
        closing = frame.closing
    }

    /// How far the fold is, for `leftfold status`: share, rate, time left.
    var progress: String {
        let name = closing.kind == .snapshotComplete ? "snapshot" : "transaction"
        let done = meter.describe(reached, from: start, to: closing.offset, of: "records")
        return "folding a large \(name): \(done); readers see it when it ends, and requests wait for that"
    }
}
