import Dataflow
import Expressions
import Relational
import Testing
import ViewPlan

/// Sharing, isolation and errors of a circuit.
@Suite struct CircuitTests {
    static let orders = TestDatabase.orders
    static let customers = TestDatabase.customers

    static func scan(_ schema: RelationSchema, _ columns: [Int]) -> PlanNode {
        .scan(TableScan(relation: schema.relationID, name: schema.name, columns: columns.map { schema.columns[$0] }))
    }

    static func join(_ left: PlanNode, _ leftKey: Int, _ right: PlanNode, _ rightKey: Int, output: [Int]) -> PlanNode {
        let both = left.columns + right.columns
        return .join(
            Join(
                kind: .inner,
                left: left,
                right: right,
                leftKey: [leftKey],
                rightKey: [rightKey],
                residual: nil,
                output: output,
                columns: output.map { both[$0] }
            )
        )
    }

    static func count(_ input: PlanNode, by column: Int) -> PlanNode {
        .aggregate(
            Aggregate(
                input: input,
                groupColumns: [column],
                calls: [AggregateCall(function: .countAll, argument: nil, filter: nil, resultType: .int8)],
                columns: [input.columns[column], PlanColumn(type: .int8, isNotNull: true)]
            )
        )
    }

    static let schemas = [SchemaID(0): orders, SchemaID(1): customers]

    static func insertOrder(_ id: Int64, customer: Datum, quantity: Datum = .int(1), into circuit: Circuit) throws {
        try send(.insert, 0, [.int(id), customer, quantity, .null, .null, .null, .null], to: circuit)
    }

    static func send(_ operation: ChangeOperation, _ schema: UInt32, _ row: PlainRow, to circuit: Circuit) throws {
        var slab = ByteSlab()
        let isDelete = operation == .delete
        let record = slab.beginRecord(
            operation,
            schema: SchemaID(schema),
            hasNew: !isDelete,
            hasOld: isDelete,
            oldIsIdentityOnly: true
        )
        TestDatabase.appendRow(row, into: &slab)
        slab.endRecord(record)
        try circuit.ingest(ChangeRecord(slab.base))
    }

    static func delta(_ view: String, _ circuit: Circuit, _ encodings: [Encoding]) -> [PlainRow: Int64] {
        circuit.withDelta(of: view) { rows in
            var found: [PlainRow: Int64] = [:]
            for index in 0..<rows.count {
                found[PlainRows.decode(rows.row(at: index), encodings)] = rows.weight(at: index)
            }
            return found
        }
    }

    @Test func `equal plans are one operator, and joins by one key share an arrangement`() throws {
        let orders = Self.scan(Self.orders, [0, 1, 2])
        let regions = Self.count(Self.scan(Self.customers, [0, 1]), by: 1)
        let first = Self.join(orders, 1, regions, 0, output: [0, 3])
        let second = Self.join(orders, 1, Self.scan(Self.customers, [0, 1]), 1, output: [0, 3])
        let circuit = try Circuit(
            views: [
                .over(Self.count(first, by: 1), name: "a"), .over(first, name: "b"), .over(second, name: "c"),
                .over(Self.count(first, by: 1), name: "d"),
            ],
            schemas: Self.schemas
        )
        let statistics = circuit.statistics
        #expect(statistics.count { $0.name.hasPrefix("aggregate") } == 2)
        #expect(statistics.count { $0.name == "inner join" } == 2)
        let byCustomer = statistics.filter { $0.name.hasPrefix("arrange") && $0.name.contains("orders") }
        #expect(byCustomer.map(\.views) == [["a", "b", "c", "d"]])
    }

    @Test func `a join by a table's key reads the table's image instead of a copy`() throws {
        let plan = Self.join(Self.scan(Self.orders, [0, 1]), 1, Self.scan(Self.customers, [0, 1]), 1, output: [0, 2])
        let circuit = try Circuit(views: [.over(plan, name: "v")], schemas: Self.schemas)
        try Self.send(.insert, 1, [.text("north"), .int(7), .null, .null, .null], to: circuit)
        try Self.insertOrder(1, customer: .int(7), into: circuit)
        try circuit.step()
        #expect(Self.delta("v", circuit, [.int8, .text]) == [[.int(1), .text("north")]: 1])
        try circuit.seal()
        let arranged = circuit.statistics.filter { $0.name.hasPrefix("arrange") && $0.name.contains("customers") }
        #expect(arranged.count == 1 && arranged[0].stateBytes == 0)
    }

    @Test func `changes of both sides in one epoch meet exactly once`() throws {
        let plan = Self.join(Self.scan(Self.orders, [0, 1]), 1, Self.scan(Self.customers, [0, 1]), 1, output: [0, 2])
        let circuit = try Circuit(views: [.over(plan, name: "v")], schemas: Self.schemas)
        try Self.send(.insert, 1, [.text("a"), .int(7), .null, .null, .null], to: circuit)
        try Self.insertOrder(1, customer: .int(7), into: circuit)
        try circuit.step()
        try circuit.seal()
        try Self.send(.delete, 0, [.int(1), .null, .null, .null, .null, .null, .null], to: circuit)
        try Self.send(.update, 1, [.text("b"), .int(7), .null, .null, .null], to: circuit)
        try Self.insertOrder(2, customer: .int(7), into: circuit)
        try circuit.step()
        #expect(
            Self.delta("v", circuit, [.int8, .text]) == [[.int(1), .text("a")]: -1, [.int(2), .text("b")]: 1]
        )
    }

    @Test func `a table whose records contradict each other parks its views, and the others go on`() throws {
        let plan = Self.join(Self.scan(Self.orders, [0, 1]), 1, Self.scan(Self.customers, [0, 1]), 1, output: [0])
        let circuit = try Circuit(
            views: [
                .over(Self.count(Self.scan(Self.orders, [1]), by: 0), name: "orders"), .over(plan, name: "joined"),
            ],
            schemas: Self.schemas
        )
        try Self.insertOrder(1, customer: .int(7), into: circuit)
        try Self.send(.delete, 1, [.null, .int(3), .null, .null, .null], to: circuit)
        try circuit.step()
        #expect(circuit.parked.mapValues(\.code) == ["joined": .missingRow])
        #expect(Self.delta("orders", circuit, [.int8, .int8]) == [[.int(7), .int(1)]: 1])
        try circuit.seal()
        try Self.insertOrder(2, customer: .int(7), into: circuit)
        try circuit.step()
        #expect(
            Self.delta("orders", circuit, [.int8, .int8]) == [[.int(7), .int(1)]: -1, [.int(7), .int(2)]: 1]
        )
        #expect(Self.delta("joined", circuit, [.int8]).isEmpty)
    }

    @Test func `a division by zero puts the views above in error until the row is corrected`() throws {
        let orders = Self.scan(Self.orders, [0, 1])
        let divided = PlanNode.project(
            Projection(
                input: orders,
                expressions: [.call(.int8Divide, [.constant(.int(100), .int8), .column(1, .int8)], .int8)],
                columns: [PlanColumn(type: .int8, isNotNull: false)]
            )
        )
        let circuit = try Circuit(
            views: [
                .over(divided, name: "v"), .over(Self.count(divided, by: 0), name: "above"),
                .over(orders, name: "beside"),
            ],
            schemas: Self.schemas
        )
        try Self.insertOrder(1, customer: .int(0), into: circuit)
        try Self.insertOrder(2, customer: .int(5), into: circuit)
        try circuit.step()
        let wanted = [ViewError(error: .divisionByZero, count: 1)]
        #expect(circuit.errors(of: "v") == wanted && circuit.errors(of: "above") == wanted)
        #expect(circuit.errors(of: "beside").isEmpty && circuit.parked.isEmpty)
        #expect(Self.delta("v", circuit, [.int8]) == [[.int(20)]: 1])
        try circuit.seal()
        #expect(circuit.errors(of: "v") == wanted)
        try Self.send(.update, 0, [.int(1), .int(4), .null, .null, .null, .null, .null], to: circuit)
        try circuit.step()
        #expect(circuit.errors(of: "v").isEmpty && circuit.errors(of: "above").isEmpty)
        #expect(Self.delta("v", circuit, [.int8]) == [[.int(25)]: 1])
    }

    @Test func `an integral can be dropped, and its memory with it`() throws {
        let circuit = try Circuit(
            views: [.over(Self.scan(Self.orders, [1]), name: "v")],
            schemas: Self.schemas,
            integralsOf: ["v"]
        )
        for id in 0..<5 { try Self.insertOrder(Int64(id), customer: .int(7), into: circuit) }
        try circuit.step()
        try circuit.seal()
        var rows: [Int64] = []
        try circuit.forEachRow(of: "v") { batch in
            for index in 0..<batch.count { rows.append(batch.weight(at: index)) }
        }
        #expect(rows == [5])
        #expect(circuit.statistics.contains { $0.name == "rows of v" })
        circuit.dropIntegral(of: "v")
        #expect(!circuit.statistics.contains { $0.name == "rows of v" })
        try circuit.step()
        #expect(circuit.parked.isEmpty)
    }

    @Test func `a plan that does not fit its tables is refused`() throws {
        let outOfRange = PlanNode.filter(
            Filter(input: Self.scan(Self.orders, [0]), predicate: .column(5, .bool))
        )
        let text = PlanNode.aggregate(
            Aggregate(
                input: Self.scan(Self.customers, [0]),
                groupColumns: [],
                calls: [AggregateCall(function: .sum, argument: 0, filter: nil, resultType: .int8)],
                columns: [PlanColumn(type: .int8, isNotNull: false)]
            )
        )
        for plan in [outOfRange, text] {
            let error = #expect(throws: DataflowError.self) {
                try Circuit(views: [.over(plan, name: "v")], schemas: Self.schemas)
            }
            #expect(error?.code == .invalidPlan)
        }
        let unknown = #expect(throws: DataflowError.self) {
            try Circuit(views: [.over(Self.scan(Self.orders, [0]), name: "v")], schemas: [:])
        }
        #expect(unknown?.code == .invalidPlan)
    }
}
