import Synchronization
import ViewStores

/// Two views of a store that change places, as they are before. Safe from any thread.
final class StoreExchange: Sendable {
    /// Grows as those of attachments do.
    let ticket: UInt64
    let view: ViewTable
    let other: ViewTable
    private let state = Mutex(State())

    private struct State {
        var isBegun = false
        var isWithdrawn = false
        var outcome: Result<Void, StoreError>?
    }

    init(ticket: UInt64, _ view: ViewTable, _ other: ViewTable) {
        self.ticket = ticket
        self.view = view
        self.other = other
    }

    /// What became of it; nil until that is known.
    var outcome: Result<Void, StoreError>? { state.withLock { $0.outcome } }

    /// Called by the store's thread before it begins; false when nobody wants it any more.
    func begin() -> Bool {
        state.withLock { state in
            if !state.isWithdrawn { state.isBegun = true }
            return state.isBegun
        }
    }

    func finish(_ outcome: Result<Void, StoreError>) { state.withLock { $0.outcome = outcome } }

    /// Takes it back; false when the store has begun.
    func withdraw() -> Bool {
        state.withLock { state in
            if !state.isBegun { state.isWithdrawn = true }
            return state.isWithdrawn
        }
    }
}
