import Dispatch
import Synchronization
import ViewStores

/// Rows that are written ahead of their attachment.
extension StoreWorker {
    /// The shadow's side: rows to be written ahead of an attachment; those before it are forgotten.
    func post(_ staging: StoreStaging) {
        state.withLock { $0.staging = staging }
        wake.signal()
    }

    /// The shadow's side: nobody waits for these rows any more.
    func withdraw(_ staging: StoreStaging) {
        state.withLock { if $0.staging === staging { $0.staging = nil } }
    }

    /// Whether the store goes on with rows ahead of an attachment.
    func wants(_ staging: StoreStaging) -> Bool {
        state.withLock { $0.staging === staging && !$0.isStopping && $0.fatal == nil && $0.outage == nil }
    }

    /// The store's side: what is to be done before more of a staging; nil when there is nothing.
    func nextStep(amid staging: StoreStaging) -> Step? {
        state.withLock { state in
            if !state.notes.isEmpty { return .note(state.notes.removeFirst()) }
            return Self.takeJob(&state).map(Step.job)
        }
    }

    /// The store's side: it is done with a staging.
    func noteOver(_ staging: StoreStaging) {
        staging.end()
        withdraw(staging)
    }
}
