import Dataflow
import Relational
import StateFiles
import ViewStores

/// The change of one view: rows in memory, or those of a transaction that outgrew its share of memory in files. Owned as its epoch is.
final class StoreDelta {
    let table: ViewTable
    /// Which attachment of the view it belongs to.
    let attachment: UInt64
    /// Empty where they are in files.
    private(set) var rows: ZSet
    private let rowsInFiles: ViewRows?
    /// Whether rows of several epochs are in it, so that a row may be there twice.
    private var isJoined = false
    /// How many rows there were when they were last summed up.
    private var summedCount = 0

    /// Copies a delta, which is not empty.
    init(_ table: ViewTable, attachment: UInt64, _ delta: borrowing ZSet) {
        self.table = table
        self.attachment = attachment
        rowsInFiles = nil
        rows = ZSet(byteCapacity: max(delta.slab.count, 64), rowCapacity: max(delta.count, 1))
        for index in 0..<delta.count { rows.append(delta.row(at: index), weight: delta.weight(at: index)) }
    }

    /// Takes the changes that were kept while a transaction was folded in parts.
    init(_ table: ViewTable, attachment: UInt64, _ changes: ViewRows) throws(DataflowError) {
        self.table = table
        self.attachment = attachment
        var rows = ZSet()
        if changes.areInMemory { try changes.forEachRow { row, weight in rows.append(row, weight: weight) } }
        self.rows = rows
        rowsInFiles = changes.areInMemory ? nil : changes
        // Without space on the disk the store's thread tries again.
        try? changes.leaveMemory()
    }

    /// The change that an epoch of a circuit, or the transaction that it ends, has brought; nil when there is none.
    ///
    /// What is to leave memory of a large one is sorted in parts of `batchByteMax` bytes.
    /// - Throws: `DataflowError.storage`.
    static func of(_ view: FoldedView, in circuit: Circuit, batchByteMax: Int) throws(DataflowError) -> StoreDelta? {
        guard circuit.keepsChanges(of: view.circuitName) else {
            return circuit.withDelta(of: view.circuitName) { delta in
                delta.isEmpty ? nil : StoreDelta(view.table, attachment: view.attachment, delta)
            }
        }
        guard let changes = try circuit.takeChanges(of: view.circuitName, batchByteMax: batchByteMax) else {
            return nil
        }
        let delta = try StoreDelta(view.table, attachment: view.attachment, changes)
        return delta.isInMemory && delta.rows.isEmpty ? nil : delta
    }

    var isInMemory: Bool { rowsInFiles == nil }

    /// Gives the whole change: at once, or in parts of which none has a key of another.
    ///
    /// - Throws: what `body` throws; `unavailable` when there is no space for rows that have to leave memory first, `rowsLost` when they
    ///   cannot be read.
    func forEachPart(_ body: (borrowing ZSet) throws(StoreError) -> Void) throws(StoreError) {
        guard let rowsInFiles else {
            try consolidate()
            return rows.isEmpty ? () : try body(rows)
        }
        do {
            try rowsInFiles.leaveMemory()
            try rowsInFiles.forEach { part in try body(part) }
        } catch let error as StoreError {
            throw error
        } catch let error as StateError {
            throw StoreError(
                .unavailable,
                "the changes of view \(table.name) by a large transaction cannot be kept in the folder of state",
                detail: "\(error)",
                hint: error.hint
            )
        } catch {
            throw .rowsLost(table.name, "\(error)")
        }
    }

    /// Adds the next change of the same view; both are in memory.
    func append(_ next: StoreDelta) {
        isJoined = true
        for index in 0..<next.rows.count { rows.append(next.rows.row(at: index), weight: next.rows.weight(at: index)) }
    }

    /// Adds a later change of the same view, and sums up whenever the rows have doubled.
    func add(_ delta: borrowing ZSet) throws(StoreError) {
        isJoined = true
        for index in 0..<delta.count { rows.append(delta.row(at: index), weight: delta.weight(at: index)) }
        guard rows.count > max(2 * summedCount, 10_000) else { return }
        try consolidate()
        summedCount = rows.count
    }

    /// Makes joined rows a delta again: no row twice, no weight 0.
    func consolidate() throws(StoreError) {
        guard isJoined else { return }
        do {
            try rows.consolidate()
        } catch {
            throw .inconsistent(table.name, "the sum of a row's weights does not fit 64 bits")
        }
        isJoined = false
    }
}
