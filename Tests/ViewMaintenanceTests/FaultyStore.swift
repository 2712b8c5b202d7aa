import Relational
import Synchronization
import ViewStores

/// How many transactions of a store fail from now on.
final class StoreFault: Sendable {
    let failures = Atomic(0)

    func strike() throws(StoreError) {
        let left = failures.load(ordering: .sequentiallyConsistent)
        guard left > 0 else { return }
        failures.store(left - 1, ordering: .sequentiallyConsistent)
        throw StoreError(.unavailable, "the store is not there")
    }
}

/// A store that cannot begin a transaction while its fault says so.
final class FaultyStore: ViewStore {
    private let store: any ViewStore
    private let fault: StoreFault

    init(_ store: any ViewStore, _ fault: StoreFault) {
        self.store = store
        self.fault = fault
    }

    func claim(logID: String, foreign rows: ForeignRows) throws(StoreError) -> Int64 {
        try store.claim(logID: logID, foreign: rows)
    }

    func progress() throws(StoreError) -> [StoreProgress] { try store.progress() }

    func begin() throws(StoreError) {
        try fault.strike()
        try store.begin()
    }

    func apply(_ delta: borrowing ZSet, to view: ViewTable) throws(StoreError) { try store.apply(delta, to: view) }

    func commit(_ progress: [StoreProgress]) throws(StoreError) { try store.commit(progress) }

    func noteProgress(_ progress: [StoreProgress]) throws(StoreError) {
        try fault.strike()
        try store.noteProgress(progress)
    }

    func rollback() { store.rollback() }

    func beginGeneration(of view: ViewTable) throws(StoreError) { try store.beginGeneration(of: view) }

    func append(_ rows: borrowing ZSet, to view: ViewTable) throws(StoreError) { try store.append(rows, to: view) }

    func publish(_ view: ViewTable) throws(StoreError) { try store.publish(view) }

    func resetProgress(of name: String) throws(StoreError) { try store.resetProgress(of: name) }

    func drop(view name: String) throws(StoreError) { try store.drop(view: name) }

    func scan(_ view: ViewTable, _ body: (borrowing ZSet) throws -> Void) throws { try store.scan(view, body) }

    func sync() throws(StoreError) { try store.sync() }
}
