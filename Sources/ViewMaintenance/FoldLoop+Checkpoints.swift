import Dataflow
import EventLog
import Logging
import Relational
import StateFiles

/// Checkpoints of the running fold: taken between two epochs, written beside it, published when every store has what was folded.
///
/// 1. One is due some seconds after the one before, when something was folded since, and so that taking them costs a twentieth of the
///    fold's time at most.
/// 2. A start begins with the newest one that has all views' state and is behind no store's rows; then the log's tail is folded. What a
///    store has already is not sent to it again. A first build that was cut short goes on so too.
/// 3. When files turn out to be damaged, the checkpoint before is tried; without one that fits, the views are folded from the log's beginning.
extension FoldLoop {
    /// What is known of checkpoints between two of them.
    struct Checkpointing {
        /// The one that is being written or published.
        var job: Checkpointer.Job?
        /// The newest one that is written and waits for the stores.
        var ready: Checkpointer.Job?
        /// The frontier of the newest one that was published, or that the fold began with.
        var published = Offset.zero
        /// When the newest one was taken.
        var begun: ContinuousClock.Instant?
        /// When the next one may be taken.
        var nextDue: ContinuousClock.Instant?
        /// Failures in a row.
        var failures = 0
        /// Why the last one failed; nil when it did not.
        var failure: CheckpointFailure?
    }

    /// The part of the fold's time that taking checkpoints may cost is 1 in this.
    private static let costShare = 20
    /// The part of the time in which checkpoints are being written is 1 in this and one more.
    private static let writingShare = 10
    /// How far the log may go on without a change of the state before a checkpoint says so.
    private static let idleGap: Int64 = 10_000

    /// Takes a checkpoint when one is due, and brings the one that is on its way further. State that cannot be read is made again.
    func keepCheckpoints(_ engine: FoldEngine) throws {
        do {
            try moveCheckpoint(engine)
        } catch let error as DataflowError where error.code == .storage {
            try foldAgain(because: error, engine)
        }
    }

    /// The same, for a fold whose owner brings the views up anew when state cannot be read.
    ///
    /// - Throws: `DataflowError.storage` then.
    func moveCheckpoint(_ engine: FoldEngine) throws {
        guard let checkpointer else { return }
        if let job = checkpointing.job {
            switch job.phase {
            case .writing, .publishing: return
            case .written:
                checkpointing.job = nil
                // One of the views before a change serves nobody who starts with the views of now.
                if job.isRestartPoint, job.circuit == ObjectIdentifier(engine.circuit) { checkpointing.ready = job }
                try engine.circuit.adoptWritten()
                noteFlushed(engine)
                if job.isRestartPoint { noteWritten() }
            case .done: endCheckpoint(job, engine)
            case .failed(let error): try endCheckpoint(job, error, engine)
            }
        }
        if let ready = checkpointing.ready, stores.have(ready.manifest.offset) {
            checkpointing.job = ready
            checkpointing.ready = nil
            return checkpointer.publish(ready)
        }
        let isPoint = isCheckpointDue(engine)
        guard isPoint || isFlushDue(engine) else { return }
        let begun = clock.now
        let checkpoint = try engine.circuit.checkpoint()
        let job = Checkpointer.Job(
            checkpoint,
            of: engine.circuit,
            engine.manifest(checkpoint.notes),
            isRestartPoint: isPoint
        )
        if isPoint { engine.hasUnsavedState = false }
        checkpointing.job = job
        checkpointing.begun = begun
        checkpointer.write(job)
        // State that is written often for the sake of memory keeps no checkpoint away.
        guard isPoint || checkpointing.failures > 0 else { return }
        let cost = (clock.now - begun) * Self.costShare
        checkpointing.nextDue = clock.now + max(checkpointInterval, cost)
    }

    /// Writing takes a core from others: after a long one the next is not soon.
    private func noteWritten() {
        guard let begun = checkpointing.begun, let due = checkpointing.nextDue else { return }
        checkpointing.nextDue = max(due, clock.now + (clock.now - begun) * Self.writingShare)
    }

    private func isCheckpointDue(_ engine: FoldEngine) -> Bool {
        guard takesCheckpoints, engine.canCheckpoint, checkpointing.ready == nil,
            engine.frontier.offset > checkpointing.published
        else { return false }
        // An idle source moves the frontier, and nothing else. Below the horizon a checkpoint is of no use.
        guard
            engine.hasUnsavedState || log.horizon.offset > checkpointing.published
                || engine.frontier.offset.rawValue - checkpointing.published.rawValue > Self.idleGap
        else { return false }
        guard let due = checkpointing.nextDue else {
            checkpointing.nextDue = clock.now + checkpointInterval
            return false
        }
        return clock.now >= due
    }

    private func endCheckpoint(_ job: Checkpointer.Job, _ engine: FoldEngine) {
        if checkpointing.failures > 0 { logger.notice("checkpoints are written again") }
        checkpointing.job = nil
        checkpointing.failures = 0
        checkpointing.failure = nil
        // Its views may have been changed while it was published.
        if job.circuit == ObjectIdentifier(engine.circuit) { checkpointing.published = job.manifest.offset }
    }

    private func endCheckpoint(
        _ job: Checkpointer.Job,
        _ error: StateError,
        _ engine: FoldEngine
    ) throws(DataflowError) {
        checkpointing.job = nil
        if job.isRestartPoint { engine.hasUnsavedState = true }
        guard error.code != .corrupt, error.code != .notFound else { throw DataflowError(reading: error) }
        if checkpointing.failures == 0 {
            logger.warning(
                "a checkpoint could not be written; a restart would fold more of the log: \(error)",
                metadata: ["hint": "\(error.hint ?? "")"]
            )
        }
        checkpointing.failures += 1
        checkpointing.failure = CheckpointFailure(
            error: error,
            since: checkpointing.failure?.since ?? PostgresTime.now
        )
        checkpointing.nextDue = clock.now + checkpointInterval * min(checkpointing.failures, 10)
    }

    // MARK: Start

    /// An engine that begins with a checkpoint; nil when none serves these views.
    func restoredEngine(_ views: [FoldedView]) -> FoldEngine? {
        guard let folder = checkpointer?.folder, takesCheckpoints else { return nil }
        dropStateAhead(folder)
        for error in folder.refused { logger.warning("a checkpoint is not used: \(error)") }
        for manifest in folder.manifests where isWithin(manifest) {
            guard let views = views.resuming(at: manifest) else { continue }
            do {
                let engine = try FoldEngine(log: log, views: views, restoring: manifest, from: folder, crew: crew)
                guard let engine else { continue }
                checkpointing = Checkpointing(published: manifest.offset)
                logger.info(
                    "the views go on from a checkpoint",
                    metadata: ["offset": "\(manifest.offset)", "log_end": "\(log.frontier.nextOffset)"]
                )
                return engine
            } catch {
                logger.warning("the checkpoint at offset \(manifest.offset) is not used: \(error)")
            }
        }
        return nil
    }

    /// A log that was put back to an earlier state will come to the checkpoint's offset with other commits than those.
    private func dropStateAhead(_ folder: StateFolder) {
        let end = log.frontier.nextOffset
        guard folder.manifests.contains(where: { $0.offset > end }) else { return }
        logger.warning("the state of the views is ahead of the log; the views are folded from the log again")
        do throws(StateError) {
            try folder.drop()
        } catch {
            logger.warning("state that is ahead of the log could not be removed: \(error)")
        }
    }

    /// Whether the log leads on from a checkpoint.
    private func isWithin(_ manifest: StateManifest) -> Bool {
        manifest.offset <= log.frontier.nextOffset && manifest.offset >= log.horizon.offset
    }

    /// The state cannot be read: the views are folded from the checkpoint before, or from the log.
    func foldAgain(because error: DataflowError, _ engine: FoldEngine) throws {
        dropState(because: error)
        guard try quiesce(engine) else { return }
        try bringUp(attachedAgain(engine.views), dropping: [], isComplete: false)
    }

    /// The newest checkpoint is not used any more; the one before it may be sound.
    func dropState(because error: DataflowError) {
        logger.warning("\(error.message); the views are folded again from what is sound")
        checkpointing = Checkpointing()
        checkpointer?.waitUntilIdle()
        guard let folder = checkpointer?.folder, let newest = folder.manifests.first else { return }
        let reason = error.underlying as? StateError ?? StateError(.corrupt, error.message)
        folder.refuse(newest, because: reason)
    }
}

extension [FoldedView] {
    /// The views as they go on from a checkpoint; nil when it does not know all of them, or serves none.
    ///
    /// A view that no store has is built on where the checkpoint has its rows so far. What a store lacks below the checkpoint can only be had
    /// from the log otherwise: such views are detached, and built beside the others.
    fileprivate func resuming(at manifest: StateManifest) -> [FoldedView]? {
        guard let note = FoldNote(manifest.notes[FoldNote.name]) else { return nil }
        var views = self
        var isOfUse = isEmpty
        for (index, view) in views.enumerated() {
            guard let known = note.known(of: view) else { return nil }
            // Without a change since its store has all that was folded, however long ago that noted its progress.
            let needed = Swift.min(Offset(known.changedThrough), manifest.offset)
            if let through = view.attachedThrough, through >= needed {
                isOfUse = true
            } else if view.attachedThrough == nil, known.keepsRows == true {
                isOfUse = true
            } else {
                views[index].detach(at: view.resumedAt ?? view.oldRows ?? .start)
            }
        }
        return isOfUse ? views : nil
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
