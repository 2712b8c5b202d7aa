import Synchronization

/// Finished pieces that wait for those before them. Whoever brings the one that is next takes it in, and those behind it.
final class PieceLine<Piece: Sendable>: Sendable {
    private struct State {
        var next = 0
        var isServed = false
        var waiting: [Int: Piece] = [:]

        mutating func take() -> Piece? {
            guard let piece = waiting.removeValue(forKey: next) else {
                isServed = false
                return nil
            }
            next += 1
            isServed = true
            return piece
        }
    }

    private let state = Mutex(State())

    /// Adds a piece. What is returned has to be taken in now, and then what `next` gives.
    func join(_ piece: Piece, as number: Int) -> Piece? {
        state.withLock { state in
            state.waiting[number] = piece
            return state.isServed ? nil : state.take()
        }
    }

    /// The piece after the one that was just taken in; nil when it is not there yet.
    func next() -> Piece? { state.withLock { $0.take() } }
}
