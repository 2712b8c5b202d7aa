import Dataflow
import EventLog
import Logging
import Relational
import StateFiles

/// Checkpoints of the running fold: taken between two epochs, written beside it, published when every store has what was folded.
///
/// 1. One is due some time after the one before (`CheckpointPace`), when something was folded since. One that is written for the sake of
///    memory is of use for a restart, too.
/// 2. A start begins with the newest one that has all views' state and is behind no store's rows; then the log's tail is folded. What a
///    store has already is not sent to it again. A first build that was cut short goes on so too.
/// 3. When files turn out to be damaged, the checkpoint before is tried; without one that fits, the views are folded from the log's beginning.
///
/// Owned by the fold's thread.
final class FoldCheckpoints {
    /// How things stand between two checkpoints.
    struct Standing {
        /// The one that is being written or published.
        var job: Checkpointer.Job?
        /// The newest one that is written and waits for the stores.
        var ready: Checkpointer.Job?
        /// The frontier of the newest one that was published, or that the fold began with.
        var published = Offset.zero
        /// Failures in a row.
        var failures = 0
        /// Why the last one failed; nil when it did not.
        var failure: CheckpointFailure?
        /// Whether the fold stands because state that has no room in memory cannot be written.
        var holdsFold = false
    }

    /// Whether a later start may begin with them; else they only free memory.
    let takesRestartPoints: Bool
    let log: EventLog
    let stores: StoreSet
    let logger: Logger
    let clock = ContinuousClock()
    let writer: Checkpointer
    private let board: StatusBoard
    var standing = Standing() { didSet { board.show(standing.glance) } }
    /// Whether the fold has stopped, and leaves a last one.
    var isLeaving = false
    private var pace: CheckpointPace

    /// How far the log may go on without a change of the state before a checkpoint says so.
    private static let idleGap: Int64 = 10_000

    init(_ parts: FoldLoop.Parts, in folder: StateFolder) {
        takesRestartPoints = parts.takesCheckpoints && parts.limit == .none
        (log, stores, logger, board) = (parts.log, parts.stores, parts.logger, parts.board)
        let log = parts.log
        writer = Checkpointer(folder, parts.memory) { log.wakeReaders() }
        pace = CheckpointPace(interval: parts.checkpointInterval, begun: .now)
        guard takesRestartPoints else { return }
        for error in folder.refused { logger.warning("a checkpoint is not used: \(error)") }
    }

    var folder: StateFolder { writer.folder }

    /// Takes a checkpoint when one is due, or when the state has more than `stateByteMax`, and brings the one that is on its way further.
    ///
    /// - Throws: `storage` when state cannot be read; the views are to be brought up anew then.
    func move(_ engine: FoldEngine, within stateByteMax: Int) throws(DataflowError) {
        // What stores still write comes first: nothing is published before that anyway.
        if engine.readOffset >= log.frontier.nextOffset, stores.areSettled(at: engine.frontier) {
            pace.noteEnd(at: clock.now)
        }
        if let job = standing.job, try !hasCome(job, engine, within: stateByteMax) { return }
        if let ready = standing.ready, stores.have(ready.manifest.offset) {
            standing.job = ready
            standing.ready = nil
            return writer.publish(ready)
        }
        let isFlush = !isLeaving && engine.isOver(stateByteMax) && pace.isRetryDue(at: clock.now)
        let isPoint = isPointDue(engine, beside: isFlush)
        guard isPoint || isFlush else { return }
        let begun = clock.now
        let checkpoint = try engine.circuit.checkpoint()
        let job = Checkpointer.Job(
            checkpoint,
            of: engine.circuit,
            engine.manifest(checkpoint.notes),
            isRestartPoint: isPoint,
            isLast: isLeaving
        )
        standing.job = job
        writer.write(job)
        guard isPoint else { return }
        engine.hasUnsavedState = false
        pace.noteTaken(from: begun, to: clock.now)
    }

    /// Takes in what has become of the checkpoint on its way; false while that goes on.
    private func hasCome(_ job: Checkpointer.Job, _ engine: FoldEngine, within stateByteMax: Int) throws(DataflowError)
        -> Bool
    {
        switch job.phase {
        case .writing, .publishing: return false
        case .written:
            standing.job = nil
            // One of the views before a change serves nobody who starts with the views of now.
            if job.isRestartPoint, job.circuit == ObjectIdentifier(engine.circuit) { standing.ready = job }
            try engine.circuit.adoptWritten()
            engine.noteFlushed(stateByteMax)
            board.noteMemory(of: engine)
            if job.isRestartPoint { pace.noteWritten(at: clock.now) } else { noteSuccess() }
        case .done: end(job, engine)
        case .failed(let error): try end(job, error, engine)
        }
        return true
    }

    /// Whether what is written next is to be where a restart begins; `isFlush` says that something is written anyhow.
    private func isPointDue(_ engine: FoldEngine, beside isFlush: Bool) -> Bool {
        guard takesRestartPoints else { return false }
        if isLeaving { return isLastDue(engine) }
        guard engine.canCheckpoint, standing.ready == nil, engine.frontier.offset > standing.published else {
            return false
        }
        // An idle source moves the frontier, and nothing else. Below the horizon a checkpoint is of no use.
        guard
            engine.hasUnsavedState || log.horizon.offset > standing.published
                || engine.frontier.offset.rawValue - standing.published.rawValue > Self.idleGap
        else { return false }
        if isFlush, pace.isWelcome(at: clock.now) { return true }
        // After a start with a checkpoint the next one has the changes alone.
        return pace.isDue(
            at: clock.now,
            byteCount: standing.published == .zero
                ? engine.circuit.stateByteCount : engine.circuit.unwrittenByteCount
        )
    }

    /// The views are others now: what was written serves nobody who starts with these.
    func noteOtherViews() { (standing.published, standing.ready) = (.zero, nil) }

    /// Waits for what is being written.
    func waitUntilIdle() { writer.waitUntilIdle() }

    /// The same, for as long as the end of the process may wait.
    func end() { writer.waitUntilIdle(within: isLeaving ? 2 : 5) }

    // MARK: What becomes of one

    private func end(_ job: Checkpointer.Job, _ engine: FoldEngine) {
        standing.job = nil
        noteSuccess()
        // Its views may have been changed while it was published.
        if job.circuit == ObjectIdentifier(engine.circuit) { standing.published = job.manifest.offset }
    }

    private func noteSuccess() {
        guard standing.failures > 0 else { return }
        logger.notice("checkpoints are written again")
        pace.noteSuccess()
        standing.failures = 0
        standing.failure = nil
    }

    private func end(
        _ job: Checkpointer.Job,
        _ error: StateError,
        _ engine: FoldEngine
    ) throws(DataflowError) {
        standing.job = nil
        if job.isRestartPoint { engine.hasUnsavedState = true }
        guard error.code != .corrupt, error.code != .notFound else { throw DataflowError(reading: error) }
        if standing.failures == 0 {
            logger.warning(
                "a checkpoint could not be written; a restart would fold more of the log: \(error)",
                metadata: ["hint": "\(error.hint ?? "")"]
            )
        }
        standing.failures += 1
        standing.failure = CheckpointFailure(
            error: error,
            since: standing.failure?.since ?? PostgresTime.now
        )
        pace.noteFailure(standing.failures, at: clock.now)
        if error.code == .diskFull { giveUpForeignCheckpoints() }
    }

    /// Checkpoints of other views than those that run are worth less than space for these.
    private func giveUpForeignCheckpoints() {
        guard standing.published == .zero, !folder.manifests.isEmpty else { return }
        logger.notice("the checkpoints of the views as they were before are given up for space")
        folder.giveUpManifests()
    }
}

extension StoreSet {
    /// Whether every store that follows the fold has what was folded below an offset. One whose views are detached gets them anew.
    func have(_ offset: Offset) -> Bool {
        workers.values.allSatisfy { worker in
            let glance = worker.glance
            return glance.isDetached || glance.isOpen && glance.applied.offset >= offset
        }
    }
}
