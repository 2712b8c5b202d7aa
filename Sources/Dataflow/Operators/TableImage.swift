import Relational

/// The rows of one base table as of the fold: key → row, with every column that some view reads. Its delta is the exact change.
///
/// It completes what the source does not send: old rows, unchanged TOASTed columns, the rows that a TRUNCATE removes. A relation
/// without a key is a bag of rows. The order of a table's records is checked: an insert of a row that is there, or an update or delete
/// of one that is not, fails the image and parks its views. A record that is the state of its key is not checked so.
final class TableImage: Operator {
    let relation: RelationID
    let relationName: QualifiedName
    /// The columns held, by attribute number.
    let columns: [Column]
    let types: [ScalarType]
    /// Indexes into `columns`; empty for a bag.
    let key: [Int]
    /// Key → row, each weight 1; for a bag, rows under their hashes.
    let arrangement: Arrangement
    // One of both is used; neither costs anything to speak of while it is empty.
    private var keyed: KeyedChanges
    private var bag = BagChanges()

    init(
        relation: RelationID,
        name: QualifiedName,
        columns: [Column],
        key: [Int],
        arrangement: Arrangement
    ) {
        self.relation = relation
        relationName = name
        self.columns = columns
        self.key = key
        self.arrangement = arrangement
        types = columns.map(\.type)
        let layout = KeyLayout(key, types: types, nullsAreEqual: true)
        keyed = KeyedChanges(layout: layout, types: types)
        super.init(name: "table \(name)", inputs: [])
    }

    private var isKeyed: Bool { !key.isEmpty }

    override var pieces: [any StatePiece] { [arrangement] }

    override var rowCount: Int { arrangement.rowCount }

    override var stateBytes: Int { arrangement.byteCount }

    /// Whether any row is held or staged.
    var hasRows: Bool { arrangement.rowCount > 0 || !keyed.isEmpty || !bag.isEmpty }

    /// Stages one record of the relation; what is wrong with it becomes the image's failure.
    ///
    /// - Parameter isState: see `Circuit.ingest`.
    /// - Throws: `storage`.
    func ingest(_ record: ChangeRecord, _ map: RecordMap, isState: Bool) throws(DataflowError) {
        guard failure == nil else { return }
        do throws(DataflowError) {
            if isKeyed {
                try keyed.ingest(record, map, isState: isState, over: arrangement)
            } else {
                try bag.ingest(record, map, types: types)
            }
        } catch {
            if error.code == .storage { throw error }
            failure = named(error)
        }
    }

    override func step() throws(DataflowError) {
        var output = ZSet()
        swap(&output, &delta)
        defer { swap(&output, &delta) }
        do throws(DataflowError) {
            if isKeyed {
                try keyed.step(over: arrangement, into: &output)
            } else {
                try bag.step(over: arrangement, into: &output)
            }
            isConsolidated = true
        } catch {
            throw named(error)
        }
    }

    override func seal() throws(DataflowError) {
        keyed.seal()
        bag.seal()
        try arrangement.seal()
    }

    private func named(_ error: DataflowError) -> DataflowError {
        var named = error
        named.relation = relationName
        named.message = "\(relationName): \(error.message)"
        named.hint = error.hint ?? "leftfold log check"
        return named
    }
}
