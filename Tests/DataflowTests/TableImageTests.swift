import Dataflow
import Relational
import Testing
import ViewPlan

/// How records become exact deltas of a table.
@Suite struct TableImageTests {
    static let schema = RelationSchema(
        relation: RelationID(7),
        name: QualifiedName(schema: "public", name: "items"),
        columns: [
            Column(name: "id", attributeNumber: 1, type: .int8, isNotNull: true),
            Column(name: "name", attributeNumber: 2, type: .text),
            Column(name: "amount", attributeNumber: 3, type: .int8),
        ],
        primaryKey: [0]
    )

    static let full = PlanNode.scan(
        TableScan(relation: RelationID(7), name: schema.name, columns: schema.columns)
    )

    /// A circuit over one table, fed record by record.
    struct Table: ~Copyable {
        let circuit: Circuit
        var slab = ByteSlab()

        init(_ schema: RelationSchema = TableImageTests.schema, root: PlanNode = TableImageTests.full) throws {
            circuit = try Circuit(views: [.over(root, name: "v")], schemas: [SchemaID(0): schema])
        }

        mutating func send(
            _ operation: ChangeOperation,
            new: PlainRow? = nil,
            old: PlainRow? = nil,
            identityOnly: Bool = true,
            unchanged: [Int] = [],
            schema: SchemaID = SchemaID(0),
            isState: Bool = false
        ) throws {
            slab.removeAll()
            let record = slab.beginRecord(
                operation,
                schema: schema,
                hasNew: new != nil,
                hasOld: old != nil,
                oldIsIdentityOnly: identityOnly
            )
            if let new { TestDatabase.appendRow(new, into: &slab) }
            if let old { TestDatabase.appendRow(old, into: &slab) }
            slab.endRecord(record, unchanged: unchanged)
            try circuit.ingest(ChangeRecord(slab.base), isState: isState)
        }

        /// Ends the epoch and returns the delta of the view.
        func step(_ encodings: [Encoding] = [.int8, .text, .int8]) throws -> [PlainRow: Int64] {
            try circuit.step()
            var delta: [PlainRow: Int64] = [:]
            circuit.withDelta(of: "v") { rows in
                for index in 0..<rows.count {
                    delta[PlainRows.decode(rows.row(at: index), encodings)] = rows.weight(at: index)
                }
            }
            try circuit.seal()
            return delta
        }

        var code: DataflowError.Code? { circuit.parked["v"]?.code }
    }

    @Test func `several changes of one key in an epoch come out as one`() throws {
        var table = try Table()
        try table.send(.insert, new: [.int(1), .text("a"), .int(1)])
        try table.send(.update, new: [.int(1), .text("b"), .int(1)])
        try table.send(.delete, old: [.int(1), .null, .null])
        try table.send(.insert, new: [.int(1), .text("c"), .int(2)])
        #expect(try table.step() == [[.int(1), .text("c"), .int(2)]: 1])
        try table.send(.delete, old: [.int(1), .null, .null])
        try table.send(.insert, new: [.int(1), .text("c"), .int(2)])
        #expect(try table.step().isEmpty)
    }

    @Test func `an update without an old row takes back the row held`() throws {
        var table = try Table()
        try table.send(.insert, new: [.int(1), .text("a"), .int(1)])
        _ = try table.step()
        try table.send(.update, new: [.int(1), .text("a"), .int(9)])
        #expect(try table.step() == [[.int(1), .text("a"), .int(1)]: -1, [.int(1), .text("a"), .int(9)]: 1])
    }

    @Test func `unchanged columns are completed from the table, from the epoch and across a change of key`() throws {
        var table = try Table()
        try table.send(.insert, new: [.int(1), .text("long"), .int(1)])
        _ = try table.step()
        try table.send(.update, new: [.int(1), .null, .int(2)], unchanged: [1])
        try table.send(.update, new: [.int(1), .null, .int(3)], unchanged: [1])
        #expect(try table.step() == [[.int(1), .text("long"), .int(1)]: -1, [.int(1), .text("long"), .int(3)]: 1])
        try table.send(.update, new: [.int(2), .null, .int(3)], old: [.int(1), .null, .null], unchanged: [1])
        #expect(try table.step() == [[.int(1), .text("long"), .int(3)]: -1, [.int(2), .text("long"), .int(3)]: 1])
    }

    @Test func `truncate takes back every row, and rows may come back in the same epoch`() throws {
        var table = try Table()
        for id in 1...3 { try table.send(.insert, new: [.int(Int64(id)), .null, .int(0)]) }
        _ = try table.step()
        try table.send(.update, new: [.int(1), .text("lost"), .int(0)])
        try table.send(.truncate)
        try table.send(.insert, new: [.int(2), .null, .int(0)])
        try table.send(.insert, new: [.int(4), .null, .int(0)])
        #expect(
            try table.step() == [
                [.int(1), .null, .int(0)]: -1, [.int(3), .null, .int(0)]: -1, [.int(4), .null, .int(0)]: 1,
            ]
        )
        #expect(table.code == nil)
    }

    @Test(arguments: [false, true])
    func `an insert of a key that is there parks the views, and nothing of it is published`(sameEpoch: Bool) throws {
        var table = try Table()
        try table.send(.insert, new: [.int(1), .null, .int(1)])
        if !sameEpoch { _ = try table.step() }
        try table.send(.insert, new: [.int(2), .null, .int(2)])
        try table.send(.insert, new: [.int(1), .null, .int(2)])
        #expect(try table.step().isEmpty)
        #expect(table.code == .duplicateKey)
        #expect(table.circuit.parked["v"]?.relation == Self.schema.name)
        try table.send(.insert, new: [.int(5), .null, .int(2)])
        #expect(try table.step().isEmpty)
    }

    @Test(arguments: [ChangeOperation.update, .delete])
    func `a change of a key that is not there parks the views`(operation: ChangeOperation) throws {
        var table = try Table()
        try table.send(.insert, new: [.int(1), .null, .int(1)])
        _ = try table.step()
        if operation == .update {
            try table.send(.update, new: [.int(2), .null, .int(1)])
        } else {
            try table.send(.delete, old: [.int(2), .null, .null])
        }
        #expect(try table.step().isEmpty)
        #expect(table.code == .missingRow)
    }

    @Test func `a table without a key is a bag of its rows`() throws {
        var schema = Self.schema
        schema.primaryKey = []
        schema.replicaIdentity = .full
        var table = try Table(schema)
        let row: PlainRow = [.int(1), .text("a"), .int(1)]
        for _ in 0..<3 { try table.send(.insert, new: row) }
        #expect(try table.step() == [row: 3])
        try table.send(.delete, old: row, identityOnly: false)
        try table.send(.update, new: [.int(2), .null, .int(1)], old: row, identityOnly: false, unchanged: [1])
        #expect(try table.step() == [row: -2, [.int(2), .text("a"), .int(1)]: 1])
        try table.send(.truncate)
        #expect(try table.step() == [row: -1, [.int(2), .text("a"), .int(1)]: -1])
        try table.send(.delete, old: row, identityOnly: false)
        _ = try table.step()
        #expect(table.code == .missingRow)
    }

    @Test func `a bag's change without the old row parks the views`() throws {
        var schema = Self.schema
        schema.primaryKey = []
        schema.replicaIdentity = .nothing
        var table = try Table(schema)
        try table.send(.update, new: [.int(1), .null, .null])
        _ = try table.step()
        #expect(table.code == .missingOldRow)
    }

    @Test func `an added column reads as its missing value in older records`() throws {
        var later = Self.schema
        later.columns.append(Column(name: "state", attributeNumber: 4, type: .int4, missingValue: "42"))
        later.columns.append(Column(name: "extra", attributeNumber: 5, type: .text))
        let root = PlanNode.scan(TableScan(relation: RelationID(7), name: later.name, columns: later.columns))
        let circuit = try Circuit(
            views: [.over(root, name: "v")],
            schemas: [SchemaID(0): Self.schema, SchemaID(1): later]
        )
        var table = try Table()
        table = Table(circuit: circuit)
        try table.send(.insert, new: [.int(1), .text("a"), .int(1)])
        try table.send(.insert, new: [.int(2), .text("b"), .int(1), .null, .text("x")], schema: SchemaID(1))
        let encodings: [Encoding] = [.int8, .text, .int8, .int4, .text]
        #expect(
            try table.step(encodings) == [
                [.int(1), .text("a"), .int(1), .int(42), .null]: 1,
                [.int(2), .text("b"), .int(1), .null, .text("x")]: 1,
            ]
        )
    }

    @Test func `columns are matched by attribute number, whatever their order and name`() throws {
        var table = try Table()
        var renamed = Self.schema
        renamed.columns = [renamed.columns[2], renamed.columns[0], renamed.columns[1]]
        renamed.columns[2].name = "title"
        renamed.primaryKey = [1]
        renamed.identityColumns = [1]
        try table.circuit.define(SchemaID(1), renamed)
        try table.send(.insert, new: [.int(10), .int(1), .text("a")], schema: SchemaID(1))
        #expect(try table.step() == [[.int(1), .text("a"), .int(10)]: 1])
        try table.send(.delete, old: [.null, .int(1), .null], schema: SchemaID(1))
        #expect(try table.step() == [[.int(1), .text("a"), .int(10)]: -1])
    }

    @Test func `a dropped, retyped or rewritten column parks the views that read the table`() throws {
        var dropped = Self.schema
        dropped.columns.removeLast()
        var retyped = Self.schema
        retyped.columns[2].type = .text
        var rewritten = Self.schema
        rewritten.rewrite = "volatile default"
        for schema in [dropped, retyped, rewritten] {
            var table = try Table()
            try table.send(.insert, new: [.int(1), .null, .int(1)])
            _ = try table.step()
            try table.circuit.define(SchemaID(1), schema)
            #expect(table.code == .schemaChanged)
        }
        // A column that no view reads may go.
        let narrow = PlanNode.scan(
            TableScan(relation: RelationID(7), name: Self.schema.name, columns: Array(Self.schema.columns.prefix(2)))
        )
        let table = try Table(root: narrow)
        try table.circuit.define(SchemaID(1), dropped)
        #expect(table.code == nil)
    }

    @Test func `a record under an unknown schema is an error, of another relation ignored`() throws {
        var table = try Table()
        var other = Self.schema
        other.relation = 99
        try table.circuit.define(SchemaID(3), other)
        try table.send(.delete, old: [.int(1), .null, .null], schema: SchemaID(3))
        #expect(try table.step().isEmpty && table.code == nil)
        let error = #expect(throws: DataflowError.self) {
            try table.send(.insert, new: [.int(1), .null, .null], schema: SchemaID(2))
        }
        #expect(error?.code == .unknownSchema)
    }
}

extension TableImageTests.Table {
    init(circuit: Circuit) { self.circuit = circuit }
}
