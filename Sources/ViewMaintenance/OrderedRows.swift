import Dataflow
import Relational
import StateFiles
import ViewStores

/// The rows of a view in the order of their keys, in which a store writes each page once. Owned by one thread at a time.
///
/// Rows in memory are sorted there: 40 bytes for each and its key, until this object goes. Others come from files in their order.
///
/// Sendable: nobody changes it after `init`.
final class OrderedRows: @unchecked Sendable {
    /// Rows in a batch: what a store writes at once, while others wait.
    private static let batchCount = 2048

    /// Holds the rows in their places.
    private let source: ViewRows
    private let name: String
    private var rows = GrowableBuffer<RowView>()
    private var weights = GrowableBuffer<Int64>()
    private var order = DeltaOrder()

    /// Sorts them, or writes what of them is in no file yet.
    ///
    /// - Throws: `StoreError.inconsistent` for a key that cannot be ordered, `DataflowError.storage`.
    init(_ source: ViewRows, of table: ViewTable) throws {
        self.source = source
        name = table.name
        guard source.areInMemory else {
            // Without space for them on the disk they are given as they come: the store takes longer, that is all.
            try? source.leaveMemory()
            return
        }
        try source.forEachRow { row, weight in
            rows.append(row)
            weights.append(weight)
        }
        try order.fill(rows, of: table)
    }

    /// Gives all of them, in batches.
    ///
    /// - Throws: what `body` throws; `StoreError.rowsLost` when they cannot be read.
    func forEach(batch body: (borrowing ZSet) throws -> Void) throws {
        guard source.areInMemory else { return try forEachInFiles(batch: body) }
        var first = 0
        while first < order.count {
            let end = min(first + Self.batchCount, order.count)
            var batch = ZSet()
            for index in first..<end { batch.append(rows[order[index].row], weight: weights[order[index].row]) }
            try body(batch)
            first = end
        }
    }

    private func forEachInFiles(batch body: (borrowing ZSet) throws -> Void) throws {
        do {
            try source.forEach(batch: body)
        } catch let error as DataflowError {
            throw StoreError.rowsLost(name, error.message)
        }
    }
}
