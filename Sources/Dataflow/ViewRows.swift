public import Relational
public import StateFiles

/// The rows that a view had when they were taken out of its circuit, or what changed of them (`Circuit.takeChanges`). Owned by one thread at a time, which need not be the circuit's.
///
/// They stand in memory, or in runs and partly in memory as the circuit had them. Files of runs stay until this object goes.
///
/// Sendable: the circuit keeps no reference to them.
public final class ViewRows: @unchecked Sendable {
    private let arrangement: Arrangement
    /// Bytes of rows that are sorted at once.
    private let batchByteMax: Int
    /// The runs that have every row, once all are written.
    private var runs: [Run]?

    init(_ arrangement: Arrangement, batchByteMax: Int = 8 << 20) {
        self.arrangement = arrangement
        self.batchByteMax = batchByteMax
    }

    /// Whether all of them stand in memory.
    public var areInMemory: Bool { !arrangement.isLayered }

    /// Writes what is in memory alone, where not all of them are: from then on `forEach` gives them in the order of the view's key, and
    /// they take no memory.
    ///
    /// - Throws: as `StateFolder.write`; nothing is lost then, and it may be called again.
    public func leaveMemory() throws(StateError) {
        guard arrangement.isLayered, runs == nil else { return }
        runs = try arrangement.writeRest(batchByteMax: batchByteMax)
    }

    /// Every row with its weight, in batches of about 2048; after `leaveMemory` in the order of their keys, all rows of a
    /// key in one batch; else in no particular order.
    ///
    /// - Throws: what `body` throws; `storage`.
    public func forEach(batch body: (borrowing ZSet) throws -> Void) throws {
        if let runs { return try arrangement.scan(runs, batch: body) }
        var thrown: (any Error)?
        try arrangement.forEach(at: .after) { found in
            guard thrown == nil else { return }
            var rows = ZSet()
            for index in 0..<found.count { rows.append(found.row(at: index), weight: found.weight(at: index)) }
            do { try body(rows) } catch { thrown = error }
        }
        if let thrown { throw thrown }
    }

    /// Every row with its weight, in no particular order, where all of them stand in memory. They stay where they are as long as this object
    /// lives.
    ///
    /// - Throws: `storage`.
    public func forEachRow(_ body: (RowView, Int64) -> Void) throws(DataflowError) {
        precondition(areInMemory, "rows in files have no place in memory")
        try arrangement.forEach(at: .after) { found throws(DataflowError) in
            for index in 0..<found.count { body(found.row(at: index), found.weight(at: index)) }
        }
    }
}
