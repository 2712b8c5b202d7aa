public import Relational

/// The rows that a view had when they were taken out of its circuit. Owned by one thread, which need not be the circuit's.
///
/// Sendable: the circuit keeps no reference to them.
public final class ViewRows: @unchecked Sendable {
    private let arrangement: Arrangement

    init(_ arrangement: Arrangement) { self.arrangement = arrangement }

    /// Every row with its weight, in batches, in no particular order.
    ///
    /// - Throws: what `body` throws; `storage`.
    public func forEach(batch body: (borrowing ZSet) throws -> Void) throws {
        var thrown: (any Error)?
        try arrangement.forEach(at: .after) { found in
            guard thrown == nil else { return }
            var rows = ZSet()
            for index in 0..<found.count { rows.append(found.row(at: index), weight: found.weight(at: index)) }
            do { try body(rows) } catch { thrown = error }
        }
        if let thrown { throw thrown }
    }

    /// Every row with its weight, in no particular order. The rows stay where they are as long as this object lives.
    ///
    /// - Throws: `storage`.
    public func forEachRow(_ body: (RowView, Int64) -> Void) throws(DataflowError) {
        try arrangement.forEach(at: .after) { found throws(DataflowError) in
            for index in 0..<found.count { body(found.row(at: index), found.weight(at: index)) }
        }
    }
}
