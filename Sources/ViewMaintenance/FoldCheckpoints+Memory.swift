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
extension FoldCheckpoints {
    /// Whether the next epoch may be folded; has state written when it may not.
    ///
    /// - Throws: `storage`.
    func hasMemory(_ engine: FoldEngine, within stateByteMax: Int) throws(DataflowError) -> Bool {
        engine.circuit.shareMemory(stateByteMax)
        let reads = engine.circuit.beginLoading()
        if !reads.isEmpty { writer.load(reads) }
        guard engine.isOver(stateByteMax) else {
            noteHeld(false)
            return true
        }
        try move(engine, within: stateByteMax)
        let isFull = engine.isOver(stateByteMax / 4 * 5)
        noteHeld(isFull && standing.failures > 0)
        return !isFull
    }

    /// Whether the fold waits for state that cannot be written.
    private func noteHeld(_ isHeld: Bool) {
        guard standing.holdsFold != isHeld else { return }
        standing.holdsFold = isHeld
        if isHeld { logger.warning("the fold waits for space for its state; the log goes on") }
    }
}

extension FoldEngine {
    /// Whether the state takes more than `byteMax`, and writing it may help.
    func isOver(_ byteMax: Int) -> Bool { circuit.stateByteCount > max(byteMax, memoryFloor) }

    /// After state was written: what is still in memory cannot leave it, so that the fold goes on all the same.
    func noteFlushed(_ byteMax: Int) {
        let left = circuit.stateByteCount
        memoryFloor = left > byteMax ? left + byteMax / 2 : 0
    }

    /// Writes state until it is within a limit, if writing helps; for a circuit whose owner has nothing else to do.
    ///
    /// - Throws: `StateError`, `DataflowError.storage`.
    func relieve(within byteMax: Int, into folder: StateFolder, batchByteMax: Int) throws {
        circuit.shareMemory(byteMax)
        guard isOver(byteMax) else { return }
        _ = try circuit.checkpoint().write(into: folder, batchByteMax: batchByteMax, with: circuit.crew)
        try circuit.adoptWritten()
        folder.removeLeftovers()
        noteFlushed(byteMax)
    }
}
