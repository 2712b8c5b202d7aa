import Relational
import ViewStores

/// Writes batches through a store as the daemon does: an epoch is a transaction with the rows and the view's progress.
struct StoreSide {
    private let store: any ViewStore
    private let view: ViewTable
    private let token: Int64
    private var offset = Offset(1)
    private let clock = ContinuousClock()

    init(_ store: any ViewStore, _ view: ViewTable) throws {
        (self.store, self.view) = (store, view)
        token = try store.claim(logID: "bench")
    }

    /// Puts a generation of these rows in place; the seconds it took.
    mutating func build(_ batches: [Batch]) throws -> Double {
        let began = clock.now
        try store.beginGeneration(of: view)
        for batch in batches { try store.append(batch.delta, to: view) }
        try store.begin()
        try store.publish(view)
        try commit()
        return (clock.now - began) / .seconds(1)
    }

    /// Applies the batches, an epoch each; the seconds it took.
    mutating func apply(_ batches: [Batch]) throws -> Double {
        let began = clock.now
        for batch in batches {
            try store.begin()
            try store.apply(batch.delta, to: view)
            try commit()
        }
        return (clock.now - began) / .seconds(1)
    }

    private mutating func commit() throws {
        offset = Offset(offset.rawValue + 1)
        let position = SourcePosition(timeline: 1, lsn: LSN(UInt64(offset.rawValue)))
        try store.commit([
            StoreProgress(
                logID: "bench",
                view: view.name,
                version: view.version,
                offset: offset,
                position: position,
                fencingToken: token
            )
        ])
    }
}
