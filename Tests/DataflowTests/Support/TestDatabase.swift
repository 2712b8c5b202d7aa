import BigInt
import Dataflow
import Relational

/// Base tables as plain values, with a random writer that makes the change records a source would send.
struct TestDatabase {
    struct Table {
        var id: SchemaID
        var schema: RelationSchema
        /// Rows, each as often as it stands.
        var rows: [PlainRow] = []

        var isKeyed: Bool { !schema.primaryKey.isEmpty }

        func key(_ row: PlainRow) -> PlainRow { schema.primaryKey.map { row[$0] } }

        func index(of key: PlainRow) -> Int? { rows.firstIndex { self.key($0) == key } }
    }

    var tables: [Table]
    private(set) var generator: SeededGenerator
    private var nextKey: Int64 = 1

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        tables = [Self.orders, Self.customers, Self.events].enumerated().map {
            Table(id: SchemaID(UInt32($0.offset)), schema: $0.element)
        }
    }

    static let orders = RelationSchema(
        relation: RelationID(100),
        name: QualifiedName(schema: "public", name: "orders"),
        columns: [
            Column(name: "id", attributeNumber: 1, type: .int8, isNotNull: true),
            Column(name: "customer", attributeNumber: 2, type: .int8),
            Column(name: "quantity", attributeNumber: 3, type: .int4),
            Column(name: "price", attributeNumber: 4, type: .numeric),
            Column(name: "weight", attributeNumber: 6, type: .float8),
            Column(name: "is_paid", attributeNumber: 7, type: .bool),
            Column(name: "note", attributeNumber: 8, type: .text),
        ],
        primaryKey: [0]
    )

    static let customers = RelationSchema(
        relation: RelationID(200),
        name: QualifiedName(schema: "public", name: "customers"),
        columns: [
            Column(name: "region", attributeNumber: 1, type: .text),
            Column(name: "id", attributeNumber: 2, type: .int8, isNotNull: true),
            Column(name: "credit", attributeNumber: 3, type: .numeric),
            Column(name: "factor", attributeNumber: 4, type: .int4),
            Column(name: "rating", attributeNumber: 5, type: .float4),
        ],
        primaryKey: [1]
    )

    /// No key: rows are sent whole.
    static let events = RelationSchema(
        relation: RelationID(300),
        name: QualifiedName(schema: "public", name: "events"),
        columns: [
            Column(name: "kind", attributeNumber: 1, type: .text),
            Column(name: "amount", attributeNumber: 2, type: .int8),
            Column(name: "value", attributeNumber: 3, type: .numeric),
            Column(name: "is_late", attributeNumber: 4, type: .bool),
        ],
        primaryKey: [],
        replicaIdentity: .full,
        identityColumns: [0, 1, 2, 3]
    )

    var schemas: [SchemaID: RelationSchema] { Dictionary(uniqueKeysWithValues: tables.map { ($0.id, $0.schema) }) }

    var bags: [RelationID: (columns: [Column], rows: PlanOracle.Bag)] {
        Dictionary(
            uniqueKeysWithValues: tables.map { table in
                var bag = PlanOracle.Bag()
                for row in table.rows { bag.add(row, 1) }
                return (table.schema.relationID, (table.schema.columns, bag))
            }
        )
    }

    // MARK: Random changes

    /// Makes one random change and appends its records; with `isDraining`, only deletes.
    mutating func change(isDraining: Bool, into slab: inout ByteSlab) {
        let place = generator.below(tables.count)
        let choice = isDraining ? 9 : generator.below(10)
        if !isDraining && generator.once(in: 150) {
            tables[place].rows = []
            slab.endRecord(slab.beginRecord(.truncate, schema: tables[place].id, hasNew: false, hasOld: false))
        } else if choice < 5 || tables[place].rows.isEmpty {
            if !isDraining { insert(place, into: &slab) }
        } else if choice < 8 {
            update(place, into: &slab)
        } else {
            delete(place, generator.below(tables[place].rows.count), into: &slab)
        }
    }

    /// Deletes everything.
    mutating func drain(into slab: inout ByteSlab) {
        for place in tables.indices {
            while !tables[place].rows.isEmpty {
                delete(place, generator.below(tables[place].rows.count), into: &slab)
            }
        }
    }

    private mutating func insert(_ place: Int, into slab: inout ByteSlab) {
        var row = tables[place].schema.columns.map { randomValue($0.type) }
        freshKey(&row, place)
        tables[place].rows.append(row)
        let record = slab.beginRecord(.insert, schema: tables[place].id, hasNew: true, hasOld: false)
        Self.appendRow(row, into: &slab)
        slab.endRecord(record)
    }

    private mutating func freshKey(_ row: inout PlainRow, _ place: Int) {
        let table = tables[place]
        guard let column = table.schema.primaryKey.first else { return }
        // Small keys for customers, so that joins meet and keys come back; growing ones for orders.
        repeat {
            row[column] = .int(place == 1 ? Int64(generator.below(12)) : nextKey)
            nextKey += place == 1 && !generator.once(in: 20) ? 0 : 1
            if place == 1 && table.rows.count >= 10 { row[column] = .int(100 + nextKey) }
        } while table.index(of: table.key(row)) != nil
    }

    private mutating func update(_ place: Int, into slab: inout ByteSlab) {
        let table = tables[place]
        let at = generator.below(table.rows.count)
        let old = table.rows[at]
        var new = old
        let key = table.schema.primaryKey.first
        for (column, definition) in table.schema.columns.enumerated() where column != key && generator.once(in: 3) {
            new[column] = randomValue(definition.type)
        }
        if generator.once(in: 6) { freshKey(&new, place) }
        tables[place].rows[at] = new
        let keyChanged = table.isKeyed && table.key(old) != table.key(new)
        // Unchanged TOASTed values are not sent.
        let unchanged = table.schema.columns.indices.filter {
            $0 != key && new[$0] == old[$0] && !new[$0].isNull && !table.schema.columns[$0].type.encoding.isFixed
                && generator.once(in: 2)
        }
        var sent = new
        for column in unchanged { sent[column] = .null }
        let record = slab.beginRecord(
            .update,
            schema: table.id,
            hasNew: true,
            hasOld: !table.isKeyed || keyChanged,
            oldIsIdentityOnly: table.isKeyed
        )
        Self.appendRow(sent, into: &slab)
        if !table.isKeyed { Self.appendRow(old, into: &slab) }
        if keyChanged { Self.appendRow(Self.identity(old, table.schema), into: &slab) }
        slab.endRecord(record, unchanged: Array(unchanged))
    }

    private mutating func delete(_ place: Int, _ at: Int, into slab: inout ByteSlab) {
        let table = tables[place]
        let old = tables[place].rows.remove(at: at)
        let record = slab.beginRecord(
            .delete,
            schema: table.id,
            hasNew: false,
            hasOld: true,
            oldIsIdentityOnly: table.isKeyed
        )
        Self.appendRow(table.isKeyed ? Self.identity(old, table.schema) : old, into: &slab)
        slab.endRecord(record)
    }

    static func identity(_ row: PlainRow, _ schema: RelationSchema) -> PlainRow {
        row.indices.map { schema.identityColumns.contains($0) ? row[$0] : .null }
    }

    static func appendRow(_ row: PlainRow, into slab: inout ByteSlab) {
        let start = slab.beginRow(columnCount: row.count)
        PlainRows.set(row, in: start, of: &slab)
        slab.endRow(start)
    }

    // MARK: Random values

    mutating func randomValue(_ type: ScalarType) -> Datum {
        if generator.once(in: 7) { return .null }
        switch type.encoding {
        case .int8, .int4: return .int(Int64(generator.below(9)) - 2)
        case .bool: return .bool(generator.once(in: 2))
        case .text: return .text(generator.pick(["", "a", "b", "north", "a much longer text that is never inline"]))
        case .numeric: return .numeric(randomNumeric())
        case .float4: return .float(Double(Float(randomFloat())))
        default: return .float(randomFloat())
        }
    }

    private mutating func randomNumeric() -> Numeric {
        switch generator.below(40) {
        case 0: return .nan
        case 1: return .positiveInfinity
        case 2: return .negativeInfinity
        case 3: return PlainNumeric.make(BigInt(10).power(45) * BigInt(generator.below(100)) + 7, generator.below(30))
        case 4: return PlainNumeric.make(BigInt(Int128.max) - BigInt(generator.below(3)), generator.below(3))
        case 5..<15: return PlainNumeric.make(BigInt(generator.below(5)) * 100, 2)
        case 15..<25: return PlainNumeric.make(BigInt(generator.below(5)), 0)
        default: return PlainNumeric.make(BigInt(generator.below(20_000) - 5_000), 2)
        }
    }

    private mutating func randomFloat() -> Double {
        switch generator.below(40) {
        case 0: .nan
        case 1: .infinity
        case 2: -.infinity
        case 3: -0.0
        case 4: .leastNonzeroMagnitude
        case 5: 1e300
        case 6: -1e300
        case 7: 1e-30
        case 8...12: 0
        default: Double(generator.below(1000)) / 100 - 3
        }
    }
}

extension Circuit {
    /// Ingests the records of a slab, in their order.
    func ingest(_ slab: borrowing ByteSlab) throws {
        var position = 0
        while position < slab.count {
            let record = ChangeRecord(slab.base + position)
            try ingest(record)
            position += record.byteCount
        }
    }
}
