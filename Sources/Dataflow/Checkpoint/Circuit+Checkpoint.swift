import Relational
public import StateFiles

/// How a circuit's state outlives the process.
///
/// `checkpoint` between two epochs, written by another thread, published with the frontier that it was taken at. A circuit of the same views
/// begins there with `restore`. What of the state is in files and what in memory changes nothing that the circuit computes.
extension Circuit {
    private static let operatorsNote = "operators"

    var pieces: [any StatePiece] {
        operators.flatMap { $0.failure == nil ? $0.pieces : [] }
    }

    /// The state as of the last seal. The one before must be written, or given up.
    ///
    /// - Throws: `storage`.
    public func checkpoint() throws(DataflowError) -> CircuitCheckpoint {
        try adoptWritten()
        let pieces = pieces
        return CircuitCheckpoint(
            parts: pieces.flatMap { $0.handOver() },
            spines: pieces.flatMap(\.spines),
            notes: [Self.operatorsNote: OperatorNotes(operators).bytes]
        )
    }

    /// Takes in what was written since the last time, so that memory is free again.
    ///
    /// - Throws: `storage`.
    public func adoptWritten() throws(DataflowError) {
        for piece in pieces { try piece.adopt() }
    }

    /// Whether memory is short, so that what is written leaves it; takes effect with the next `adoptWritten`.
    public func setTight(_ isTight: Bool) { for piece in pieces { piece.isTight = isTight } }

    /// What reads state into memory again that files have, where memory is not short: for another thread. `adoptWritten` takes it in.
    public func beginLoading() -> [@Sendable () -> Void] {
        pieces.compactMap { $0.beginLoading() }.map { loading in { loading.run() } }
    }

    /// Whether a checkpoint has the state of every operator here.
    public func fits(_ manifest: StateManifest) -> Bool {
        guard let notes = OperatorNotes(manifest.notes[Self.operatorsNote]) else { return false }
        let sections = Set(manifest.sections.map(\.name))
        return operators.allSatisfy { node in
            guard let note = notes.byName[node.stateName] else { return false }
            return note.failure != nil || node.pieces.flatMap(\.spines).allSatisfy { sections.contains($0.name) }
        }
    }

    /// Begins with the state of a checkpoint that `fits`, in the place of empty tables; before anything is ingested.
    ///
    /// - Throws: when a run cannot be opened; the circuit must not be used then.
    public func restore(_ manifest: StateManifest, from folder: StateFolder) throws(StateError) {
        guard let notes = OperatorNotes(manifest.notes[Self.operatorsNote]) else { return }
        let sections = Dictionary(manifest.sections.map { ($0.name, $0) }) { first, _ in first }
        for node in operators {
            guard let note = notes.byName[node.stateName] else { continue }
            node.errors = note.errors
            node.failure = note.failure
            guard note.failure == nil else { continue }
            for (piece, pieceNote) in zip(node.pieces, note.pieces) {
                var runs: [[Run]] = []
                for spine in piece.spines {
                    var opened: [Run] = []
                    for reference in sections[spine.name]?.runs ?? [] {
                        opened.append(try folder.open(reference, rule: spine.rule))
                    }
                    runs.append(opened)
                }
                piece.restore(pieceNote, runs: runs)
            }
        }
    }
}
