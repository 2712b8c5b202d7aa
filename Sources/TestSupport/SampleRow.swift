import Relational

/// A row as the suite sees it: the values that are not NULL, by attribute number, so that it means the same under each schema of its table.
struct SampleRow: Hashable {
    struct Cell: Hashable {
        var attribute: Int16
        var value: Datum
    }

    /// Ascending by attribute.
    var cells: [Cell] = []

    init() {}

    /// Reads a packed row with all of its columns.
    init(_ row: RowView, _ columns: [Column]) {
        cells.reserveCapacity(columns.count)
        for (index, column) in columns.enumerated() where !row.isNull(index) {
            cells.append(
                Cell(attribute: column.attributeNumber, value: row.datum(index, as: column.type.encoding))
            )
        }
    }

    subscript(attribute: Int16) -> Datum {
        get { cells.first { $0.attribute == attribute }?.value ?? .null }
        set {
            let index = cells.firstIndex { $0.attribute >= attribute } ?? cells.count
            let isThere = index < cells.count && cells[index].attribute == attribute
            switch (newValue.isNull, isThere) {
            case (true, true): cells.remove(at: index)
            case (true, false): break
            case (false, true): cells[index].value = newValue
            case (false, false): cells.insert(Cell(attribute: attribute, value: newValue), at: index)
            }
        }
    }

    /// The row without the columns that `isKept` does not name.
    func only(_ isKept: (Int16) -> Bool) -> SampleRow {
        var row = self
        row.cells.removeAll { !isKept($0.attribute) }
        return row
    }

    /// The key of the row in a form in which equal keys are equal, worked out without the product's own key encoding.
    func key(of table: SampleTable) -> [Datum] { table.key.map { Self.canonical(self[Int16($0 + 1)]) } }

    /// A numeric without zeros at its end.
    private static func canonical(_ value: Datum) -> Datum {
        guard case .numeric(.small(var coefficient, var scale)) = value else { return value }
        while scale > 0, coefficient % 10 == 0 {
            coefficient /= 10
            scale -= 1
        }
        return .numeric(.small(coefficient: coefficient, scale: scale))
    }
}

/// A change record as the suite sees it.
struct SampleRecord {
    var table: SampleTable
    var operation: ChangeOperation
    var schema: SchemaID
    /// What was sent of the new row.
    var new: SampleRow?
    /// Attributes of the new row that were not sent.
    var unchanged: [Int16] = []
    var old: SampleRow?
    var oldIsIdentityOnly = false
    /// The new row with all of its values; known of records that the suite has made.
    var full: SampleRow?

    init(_ operation: ChangeOperation, of table: SampleTable, schema: SchemaID) {
        self.operation = operation
        self.table = table
        self.schema = schema
    }

    /// Reads a record; `columns` are those of its schema.
    init(_ record: ChangeRecord, of table: SampleTable, _ columns: [Column]) {
        self.table = table
        operation = record.operation
        schema = record.schemaID
        new = record.newRow.map { SampleRow($0, columns) }
        old = record.oldRow.map { SampleRow($0, columns) }
        oldIsIdentityOnly = record.oldRowIsIdentityOnly
        if record.unchangedCount > 0 {
            unchanged = (0..<record.unchangedCount).map { columns[record.unchangedColumn(at: $0)].attributeNumber }
        }
    }

    /// The key before the change, as far as the record tells it: a delete's, or the old one of a changed key.
    var oldKey: [Datum]? { old?.key(of: table) }

    var newKey: [Datum]? { new?.key(of: table) }

    /// The key that is gone after this record; nil for an insert and an update that leaves the key as it was.
    var endedKey: [Datum]? {
        guard table.hasKey, operation == .delete || operation == .update, let oldKey, oldKey != newKey else {
            return nil
        }
        return oldKey
    }

    /// Appends the record, under a schema with these columns.
    func encode(_ columns: [Column], into slab: inout ByteSlab) {
        let record = slab.beginRecord(
            operation,
            schema: schema,
            hasNew: new != nil,
            hasOld: old != nil,
            oldIsIdentityOnly: oldIsIdentityOnly
        )
        for row in [new, old] {
            guard let row else { continue }
            let start = slab.beginRow(columnCount: columns.count)
            for (index, column) in columns.enumerated() {
                slab.set(index, row[column.attributeNumber], as: column.type.encoding, in: start)
            }
            slab.endRow(start)
        }
        let indexes = columns.indices.filter { unchanged.contains(columns[$0].attributeNumber) }
        slab.endRecord(record, unchanged: indexes)
    }
}
