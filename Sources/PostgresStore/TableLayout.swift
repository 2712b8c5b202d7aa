import PostgresClient
import Relational
import ViewStores

/// How one view's rows lie in a Postgres table, and the SQL that writes them.
///
/// 1. Columns have the source's types. A key of columns that are never NULL is the table's PRIMARY KEY, any other key is UNIQUE
///    NULLS NOT DISTINCT, a key of no columns a unique index over a constant: there may be one row.
/// 2. A bag has one column more: `_leftfold_hash` is the hash of the row's image, which finds it through an index; equality is
///    decided by the columns. Equal rows stand there as often as they are in the bag.
/// 3. A search view has the words of its rows as its last column, see `SearchVector`.
/// 4. Readers see the columns without the hash, through an SQL view that is named as the view is.
///
/// Statements take one array for each column, in binary form, and unnest them side by side. A type without a binary form of ours is
/// sent as text and cast, which is the type's own input function. Old images are compared byte for byte (the operator
/// `*=`, by its function: between two row constructors SQL knows only the operators of an order).
struct TableLayout {
    let view: ViewTable
    let names: SchemaNames
    /// The table, unquoted.
    let table: String
    let shape: DeltaOrder.Shape
    let key: [Int]
    let others: [Int]
    let encodings: [Encoding]
    /// The columns' types in the table, as SQL.
    let types: [String]

    init(_ view: ViewTable, table: String, types: [String], _ names: SchemaNames) {
        self.view = view
        self.names = names
        self.table = table
        self.types = types
        shape = DeltaOrder.Shape(view)
        encodings = view.columns.map(\.type.encoding)
        let key = view.key ?? []
        self.key = key
        others = view.columns.indices.filter { !key.contains($0) }
    }

    var isBag: Bool { shape == .bag }

    /// Whether an old row can be replaced in place: its columns and the new ones fit one row of a function's result.
    var canUpdate: Bool { !others.isEmpty && view.columns.count + others.count <= 1600 }

    var quotedTable: String { names.qualified(table) }

    var quotedView: String { names.qualified(view.name) }

    func quoted(_ column: Int) -> String { SQLText.identifier(view.columns[column].name) }

    /// Which columns of a row's key are NULL, one bit each.
    func nullKeys(of row: RowView) -> UInt32 {
        var bits: UInt32 = 0
        for (index, column) in key.enumerated() where row.isNull(column) { bits |= 1 << UInt32(index) }
        return bits
    }
}

// MARK: Definition

extension TableLayout {
    /// The table without its indexes; `collations` are the columns' COLLATE clauses.
    static func create(
        _ view: ViewTable,
        _ table: String,
        types: [String],
        collations: [String],
        search: SearchVector?,
        _ names: SchemaNames
    ) -> String {
        var parts = view.columns.indices.map { column in
            let notNull = view.columns[column].isNotNull ? " NOT NULL" : ""
            return "\(SQLText.identifier(view.columns[column].name)) \(types[column])\(collations[column])\(notNull)"
        }
        if view.key == nil { parts.append("\(SchemaNames.hashColumn) bigint NOT NULL") }
        if let search { parts.append(search.definition) }
        return "CREATE TABLE \(names.qualified(table)) (\n    \(parts.joined(separator: ",\n    "))\n)"
    }

    /// What every write goes through.
    var createKey: String {
        if isBag { return "CREATE INDEX ON \(quotedTable) (\(SchemaNames.hashColumn))" }
        let columns = key.map(quoted).joined(separator: ", ")
        if key.isEmpty { return "CREATE UNIQUE INDEX ON \(quotedTable) ((true))" }
        let isNeverNull = key.allSatisfy { view.columns[$0].isNotNull }
        return
            "ALTER TABLE \(quotedTable) ADD \(isNeverNull ? "PRIMARY KEY" : "UNIQUE NULLS NOT DISTINCT") (\(columns))"
    }

    func readerIndex(_ expressions: String) -> String { "CREATE INDEX ON \(quotedTable) (\(expressions)\n)" }

    var columnList: String { view.columns.indices.map(quoted).joined(separator: ", ") }

    /// The column that readers see after the view's own.
    var searchColumn: String? { view.kind == .search ? SearchVector.name(in: view) : nil }

    var createView: String {
        let columns = view.columns.indices.map(quoted) + (searchColumn.map { [SQLText.identifier($0)] } ?? [])
        return "CREATE OR REPLACE VIEW \(quotedView) AS SELECT \(columns.joined(separator: ", ")) FROM \(quotedTable)"
    }

    var createSearchIndex: String? {
        searchColumn.map { "CREATE INDEX ON \(quotedTable) USING gin (\(SQLText.identifier($0)))" }
    }

    var copyIn: String {
        let columns = view.columns.indices.map(quoted) + (isBag ? [SchemaNames.hashColumn] : [])
        return "COPY \(quotedTable) (\(columns.joined(separator: ", "))) FROM STDIN"
    }

    var copyOut: String { "COPY (SELECT \(columnList) FROM \(quotedTable)) TO STDOUT" }
}

// MARK: Deltas

extension TableLayout {
    /// Parameters: the columns, in a bag then the hashes.
    var insert: String {
        var columns = view.columns.indices.map(quoted)
        var values = view.columns.indices.map { "d.o\($0)::\(types[$0])" }
        if isBag {
            columns.append(SchemaNames.hashColumn)
            values.append("d.hash")
        }
        return "INSERT INTO \(quotedTable) (\(columns.joined(separator: ", "))) "
            + "SELECT \(values.joined(separator: ", ")) FROM \(arrays(isBag ? ["hash"] : []))"
    }

    /// Parameters: the columns of rows whose keys have NULLs where `nullKeys` says.
    func delete(nullKeys: UInt32) -> String {
        "DELETE FROM \(quotedTable) AS t USING \(arrays()) WHERE \(match(nullKeys: nullKeys))"
    }

    /// Parameters: the columns of the old rows, then the columns beside the key of the new ones.
    func update(nullKeys: UInt32) -> String {
        let sets = others.map { "\(quoted($0)) = d.n\($0)::\(types[$0])" }.joined(separator: ", ")
        return "UPDATE \(quotedTable) AS t SET \(sets) FROM \(arrays(others.map { "n\($0)" })) "
            + "WHERE \(match(nullKeys: nullKeys))"
    }

    /// Parameters: the columns, the hashes, and how many of each row go.
    var deleteCopies: String {
        let images = sameImage(Array(view.columns.indices), of: "s").map { " AND \($0)" }.joined()
        return "DELETE FROM \(quotedTable) AS t USING (SELECT f.place FROM \(arrays(["hash", "copies"])), LATERAL ("
            + "SELECT s.ctid AS place FROM \(quotedTable) AS s WHERE s.\(SchemaNames.hashColumn) = d.hash\(images) "
            + "LIMIT d.copies) AS f) AS found WHERE t.ctid = found.place"
    }

    /// The arrays side by side: the columns as `o0`, `o1`, …, then others by name.
    private func arrays(_ more: [String] = []) -> String {
        let columns = view.columns.indices.map { "o\($0)" } + more
        let values = columns.enumerated().map { index, name in
            // `hash` and `copies` are numbers; `n5` is column 5 of a new row.
            let column = Int(name.dropFirst())
            return "$\(index + 1)::\(column.map { encodings[$0].arrayType } ?? "int8[]")"
        }
        return "unnest(\(values.joined(separator: ", "))) AS d(\(columns.joined(separator: ", ")))"
    }

    /// The old row of the same key, in its whole image.
    private func match(nullKeys: UInt32) -> String {
        let keyTerms = key.enumerated().map { index, column in
            nullKeys >> UInt32(index) & 1 != 0
                ? "t.\(quoted(column)) IS NULL" : "t.\(quoted(column)) = d.o\(column)::\(types[column])"
        }
        let compared = key.filter { !isDecidedByValue($0) || encodings[$0] == .text } + others
        return (keyTerms + sameImage(compared, of: "t")).joined(separator: " AND ")
    }

    /// Terms for columns that are byte for byte as they were: by the type's own equality where that decides it, which is faster.
    private func sameImage(_ columns: [Int], of alias: String) -> [String] {
        var terms = columns.filter(isDecidedByValue).map { column in
            let collation = encodings[column] == .text ? " COLLATE \"C\"" : ""
            return "\(alias).\(quoted(column)) IS NOT DISTINCT FROM d.o\(column)::\(types[column])\(collation)"
        }
        let rest = columns.filter { !isDecidedByValue($0) }
        if !rest.isEmpty {
            let held = rest.map { "\(alias).\(quoted($0))" }.joined(separator: ", ")
            let given = rest.map { "d.o\($0)::\(types[$0])" }.joined(separator: ", ")
            terms.append("pg_catalog.record_image_eq(ROW(\(held)), ROW(\(given)))")
        }
        return terms
    }

    /// Whether equal values have equal images: not so for −0 and 0, for 1.0 and 1.00 in a numeric without a scale, and for types that
    /// this store does not know. Text is compared in collation C.
    private func isDecidedByValue(_ column: Int) -> Bool {
        switch encodings[column] {
        case .bool, .int2, .int4, .int8, .date, .timestamp, .timestamptz, .uuid, .bytea, .text: true
        case .numeric: view.columns[column].type.typmod >= 4
        case .float4, .float8, .jsonb, .opaque: false
        }
    }
}
