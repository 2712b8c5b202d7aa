import Synchronization
import ViewStores

/// Rows of views that a store writes into generations ahead of their attachment, whenever it has nothing else to do. Safe from any thread.
final class StoreStaging: Sendable {
    let views: [(table: ViewTable, rows: OrderedRows)]
    private let state = Mutex((staged: Set<String>(), isOver: false, rowCount: 0))

    init(_ views: [(table: ViewTable, rows: OrderedRows)]) { self.views = views }

    /// The views whose rows are written, all of them.
    var staged: Set<String> { state.withLock { $0.staged } }

    /// Whether the store is done with it, be it for a failure.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// How many rows are written so far.
    var rowCount: Int { state.withLock { $0.rowCount } }

    func note(rows count: Int) { state.withLock { $0.rowCount += count } }

    func note(staged view: String) { state.withLock { _ = $0.staged.insert(view) } }

    func end() { state.withLock { $0.isOver = true } }
}
