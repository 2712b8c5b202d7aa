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
extension FoldLoop {
    /// What is known of checkpoints between two of them.
    struct Checkpointing {
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
        // What stores still write comes first: nothing is published before that anyway.
        if engine.readOffset >= log.frontier.nextOffset, stores.areSettled(at: engine.frontier) {
            checkpointPace.noteEnd(at: clock.now)
        }
        if let job = checkpointing.job, try !hasCome(job, engine) { return }
        if let ready = checkpointing.ready, stores.have(ready.manifest.offset) {
            checkpointing.job = ready
            checkpointing.ready = nil
            return checkpointer.publish(ready)
        }
        let isFlush = !isLeaving && isFlushDue(engine)
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
        checkpointing.job = job
        checkpointer.write(job)
        guard isPoint else { return }
        engine.hasUnsavedState = false
        checkpointPace.noteTaken(from: begun, to: clock.now)
    }

    /// Takes in what has become of the checkpoint on its way; false while that goes on.
    private func hasCome(_ job: Checkpointer.Job, _ engine: FoldEngine) throws -> Bool {
        switch job.phase {
        case .writing, .publishing: return false
        case .written:
            checkpointing.job = nil
            // One of the views before a change serves nobody who starts with the views of now.
            if job.isRestartPoint, job.circuit == ObjectIdentifier(engine.circuit) { checkpointing.ready = job }
            try engine.circuit.adoptWritten()
            noteFlushed(engine)
            noteMemory(engine)
            if job.isRestartPoint { checkpointPace.noteWritten(at: clock.now) } else { noteSuccess() }
        case .done: endCheckpoint(job, engine)
        case .failed(let error): try endCheckpoint(job, error, engine)
        }
        return true
    }

    /// Whether what is written next is to be where a restart begins; `isFlush` says that something is written anyhow.
    private func isPointDue(_ engine: FoldEngine, beside isFlush: Bool) -> Bool {
        guard takesCheckpoints else { return false }
        if isLeaving { return isLastDue(engine) }
        guard engine.canCheckpoint, checkpointing.ready == nil, engine.frontier.offset > checkpointing.published else {
            return false
        }
        // An idle source moves the frontier, and nothing else. Below the horizon a checkpoint is of no use.
        guard
            engine.hasUnsavedState || log.horizon.offset > checkpointing.published
                || engine.frontier.offset.rawValue - checkpointing.published.rawValue > Self.idleGap
        else { return false }
        if isFlush, checkpointPace.isWelcome(at: clock.now) { return true }
        // After a start with a checkpoint the next one has the changes alone.
        return checkpointPace.isDue(
            at: clock.now,
            byteCount: checkpointing.published == .zero
                ? engine.circuit.stateByteCount : engine.circuit.unwrittenByteCount
        )
    }

    private func endCheckpoint(_ job: Checkpointer.Job, _ engine: FoldEngine) {
        checkpointing.job = nil
        noteSuccess()
        // Its views may have been changed while it was published.
        if job.circuit == ObjectIdentifier(engine.circuit) { checkpointing.published = job.manifest.offset }
    }

    private func noteSuccess() {
        guard checkpointing.failures > 0 else { return }
        logger.notice("checkpoints are written again")
        checkpointPace.noteSuccess()
        checkpointing.failures = 0
        checkpointing.failure = nil
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
        checkpointPace.noteFailure(checkpointing.failures, at: clock.now)
        if error.code == .diskFull { giveUpForeignCheckpoints() }
    }

    /// Checkpoints of other views than those that run are worth less than space for these.
    private func giveUpForeignCheckpoints() {
        guard checkpointing.published == .zero, let folder = checkpointer?.folder, !folder.manifests.isEmpty else {
            return
        }
        logger.notice("the checkpoints of the views as they were before are given up for space")
        folder.giveUpManifests()
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
        checkpointer?.waitUntilIdle(within: 5)
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
