import ViewStores

/// A store's refusal, with the views it concerned.
struct StoreFailure: Error {
    var store: String
    var views: [String]
    var error: StoreError

    init(store: String, views: [String], _ error: any Error) {
        self.store = store
        self.views = views
        self.error = error as? StoreError ?? StoreError(.engine, "\(error)")
    }

    /// Whether the same call may succeed later: the store cannot be reached, its disk is full.
    var isTransient: Bool { error.code == .unavailable || error.code == .engine }
}
