import Dataflow
import Logging
import Relational
import StateFiles

/// The fold within its budget of memory.
///
/// 1. State beyond its share leaves memory when it is written, the largest first; what is being written is read where it is.
/// 2. Near the limit the fold has state written at once. At the limit it waits until some is: it reads the log more slowly, and nobody else
///    waits for it.
/// 3. State that files have comes back when there is room for it.
extension FoldLoop {
    /// What the state of one circuit may take; two share while views are built beside the running ones.
    private var stateByteMax: Int { shadow == nil ? memory.stateByteMax : memory.stateByteMax / 2 }

    /// Whether the next epoch may be folded.
    ///
    /// - Throws: `DataflowError.storage`.
    func hasMemory(_ engine: FoldEngine) throws -> Bool {
        guard let checkpointer else { return true }
        engine.circuit.shareMemory(stateByteMax)
        let reads = engine.circuit.beginLoading()
        if !reads.isEmpty { checkpointer.load(reads) }
        guard engine.circuit.stateByteCount > stateByteMax else { return true }
        try keepCheckpoints(engine)
        // Nothing that is written could leave: the rows are of an epoch that was larger than the budget, or wait for a view's build.
        guard checkpointing.job != nil || checkpointing.failures > 0 else { return true }
        return engine.circuit.stateByteCount <= stateByteMax / 4 * 5
    }

    /// Whether state is to be written for the sake of memory.
    func isFlushDue(_ engine: FoldEngine) -> Bool {
        guard engine.circuit.stateByteCount > stateByteMax else { return false }
        guard checkpointing.failures > 0 else { return true }
        return checkpointing.nextDue.map { clock.now >= $0 } ?? true
    }

    /// Writes state of a circuit that nobody reads yet until it is within the budget again.
    func relieve(_ engine: FoldEngine) throws {
        guard let folder = checkpointer?.folder else { return }
        var isShort = false
        while true {
            do {
                try engine.relieve(within: stateByteMax, into: folder, batchByteMax: memory.batchByteMax)
                if isShort { logger.notice("the state of the views has space again") }
                return
            } catch let error as StateError where error.code == .diskFull {
                if !isShort { logger.warning("the views wait for space for their state: \(error)") }
                isShort = true
                noteRequests()
                if isStopping { return }
                OwnThread.sleep(.seconds(1))
            }
        }
    }
}

extension FoldEngine {
    /// Writes state until it is within a limit, if writing helps; for a circuit whose owner has nothing else to do.
    ///
    /// - Throws: `StateError`, `DataflowError.storage`.
    func relieve(within byteMax: Int, into folder: StateFolder, batchByteMax: Int) throws {
        circuit.shareMemory(byteMax)
        guard circuit.stateByteCount > byteMax else { return }
        _ = try circuit.checkpoint().write(into: folder, batchByteMax: batchByteMax)
        try circuit.adoptWritten()
    }
}
