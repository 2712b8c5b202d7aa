import Dataflow
import Relational
import ViewStores

/// The rows of a view in the order of their keys, in which a store writes each page once. Owned by one thread at a time.
///
/// Sendable: nobody changes it after `init`.
final class OrderedRows: @unchecked Sendable {
    /// Rows in a batch: what a store writes at once, while others wait.
    private static let batchCount = 2048

    /// Holds the rows in their places.
    private let source: ViewRows
    private var rows = GrowableBuffer<RowView>()
    private var weights = GrowableBuffer<Int64>()
    private var order = DeltaOrder()

    /// Sorts them: 40 bytes for each and its key, until this object goes.
    ///
    /// - Throws: `StoreError.inconsistent` for a key that cannot be ordered, `DataflowError.storage`.
    init(_ source: ViewRows, of table: ViewTable) throws {
        self.source = source
        try source.forEachRow { row, weight in
            rows.append(row)
            weights.append(weight)
        }
        try order.fill(rows, of: table)
    }

    func forEach(batch body: (borrowing ZSet) throws -> Void) throws {
        var first = 0
        while first < order.count {
            let end = min(first + Self.batchCount, order.count)
            var batch = ZSet()
            for index in first..<end { batch.append(rows[order[index].row], weight: weights[order[index].row]) }
            try body(batch)
            first = end
        }
    }
}
