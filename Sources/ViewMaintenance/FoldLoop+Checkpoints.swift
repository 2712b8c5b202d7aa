import Dataflow

/// The fold and its checkpoints; without a folder for them all state stays in memory.
extension FoldLoop {
    /// What the state of one circuit may take; two share while views are built beside the running ones.
    private var stateByteMax: Int { shadow == nil ? memory.stateByteMax : memory.stateByteMax / 2 }

    /// Whether the next epoch may be folded; has state written when it may not.
    ///
    /// - Throws: `storage`.
    func hasMemory(_ engine: FoldEngine) throws(DataflowError) -> Bool {
        try checkpoints?.hasMemory(engine, within: stateByteMax) ?? true
    }

    /// Takes a checkpoint when one is due, and brings the one that is on its way further.
    ///
    /// - Throws: `storage` when state cannot be read; the views are to be brought up anew then.
    func moveCheckpoint(_ engine: FoldEngine) throws(DataflowError) {
        try checkpoints?.move(engine, within: stateByteMax)
    }

    /// The same; state that cannot be read is made again.
    func keepCheckpoints(_ engine: FoldEngine) throws {
        do throws(DataflowError) {
            try moveCheckpoint(engine)
        } catch let error where error.code == .storage {
            try foldAgain(because: error, engine)
        }
    }

    /// Leaves a last checkpoint, if that is done within seconds.
    func leaveCheckpoint() {
        guard let engine, exchanging == nil else { return }
        checkpoints?.leave(engine, within: stateByteMax)
    }

    /// The state cannot be read: the views are folded from the checkpoint before, or from the log.
    func foldAgain(because error: DataflowError, _ engine: FoldEngine) throws {
        checkpoints?.drop(because: error)
        guard try quiesce(engine) else { return }
        try bringUp(attachedAgain(engine.views), dropping: [], isComplete: false)
    }
}
