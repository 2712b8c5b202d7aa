import BigInt
import Dataflow
import Expressions
import Relational
import Testing
import ViewPlan

/// Aggregates where Postgres's answer is easily missed. The random plans cover the rest.
@Suite struct AggregateTests {
    /// A circuit over a bag of (group, value), aggregated by group or as a whole.
    struct Sums: ~Copyable {
        let circuit: Circuit
        let encodings: [Encoding]
        var slab = ByteSlab()
        var rows: [PlainRow: Int64] = [:]

        init(_ type: ScalarType, _ calls: [(AggregateFunction, ScalarType)], isGlobal: Bool = false) throws {
            let schema = RelationSchema(
                relation: RelationID(1),
                name: QualifiedName(schema: "public", name: "t"),
                columns: [
                    Column(name: "g", attributeNumber: 1, type: .int8),
                    Column(name: "v", attributeNumber: 2, type: type),
                ],
                primaryKey: [],
                replicaIdentity: .full
            )
            let scan = PlanNode.scan(TableScan(relation: RelationID(1), name: schema.name, columns: schema.columns))
            let results = calls.map { PlanColumn(type: $0.1, isNotNull: false) }
            let root = PlanNode.aggregate(
                Aggregate(
                    input: scan,
                    groupColumns: isGlobal ? [] : [0],
                    calls: calls.map {
                        AggregateCall(
                            function: $0.0,
                            argument: $0.0 == .countAll ? nil : 1,
                            filter: nil,
                            resultType: $0.1
                        )
                    },
                    columns: (isGlobal ? [] : [scan.columns[0]]) + results
                )
            )
            encodings = root.columns.map(\.type.encoding)
            circuit = try Circuit(views: [.over(root, name: "v")], schemas: [SchemaID(0): schema])
        }

        mutating func insert(_ group: Int64, _ value: Datum) throws {
            slab.removeAll()
            let record = slab.beginRecord(.insert, schema: SchemaID(0), hasNew: true, hasOld: false)
            TestDatabase.appendRow([.int(group), value], into: &slab)
            slab.endRecord(record)
            try circuit.ingest(ChangeRecord(slab.base))
        }

        mutating func delete(_ group: Int64, _ value: Datum) throws {
            slab.removeAll()
            let record = slab.beginRecord(.delete, schema: SchemaID(0), hasNew: false, hasOld: true)
            TestDatabase.appendRow([.int(group), value], into: &slab)
            slab.endRecord(record)
            try circuit.ingest(ChangeRecord(slab.base))
        }

        /// Ends the epoch and returns the view's rows.
        mutating func step() throws -> [PlainRow: Int64] {
            try circuit.step()
            var sum = rows
            circuit.withDelta(of: "v") { delta in
                for index in 0..<delta.count {
                    let row = PlainRows.decode(delta.row(at: index), encodings)
                    sum[row, default: 0] += delta.weight(at: index)
                    if sum[row] == 0 { sum[row] = nil }
                }
            }
            rows = sum
            try circuit.seal()
            return sum
        }
    }

    static func numeric(_ coefficient: Int128, _ scale: Int) -> Datum {
        .numeric(.small(coefficient: coefficient, scale: scale))
    }

    @Test func `the scale of a numeric sum falls again when its widest value is deleted`() throws {
        var sums = try Sums(.numeric, [(.sum, .numeric), (.avg, .numeric)])
        try sums.insert(1, Self.numeric(15, 1))
        try sums.insert(1, Self.numeric(225, 2))
        #expect(try sums.step() == [[.int(1), Self.numeric(375, 2), Self.numeric(18_750_000_000_000_000, 16)]: 1])
        try sums.delete(1, Self.numeric(225, 2))
        #expect(try sums.step() == [[.int(1), Self.numeric(15, 1), Self.numeric(150_000_000_000_000_000_000, 20)]: 1])
    }

    @Test func `avg divides with the digits Postgres shows`() throws {
        // As select 1::numeric / 3, then 10::numeric / 4: the scale depends on the first base-10 000 digits.
        var sums = try Sums(.int8, [(.avg, .numeric)])
        try sums.insert(1, .int(1))
        try sums.insert(1, .int(0))
        try sums.insert(1, .int(0))
        #expect(try sums.step() == [[.int(1), Self.numeric(33_333_333_333_333_333_333, 20)]: 1])
        try sums.insert(1, .int(9))
        #expect(try sums.step() == [[.int(1), Self.numeric(25_000_000_000_000_000, 16)]: 1])
    }

    @Test func `a sum beyond Int128 is exact and comes back`() throws {
        var sums = try Sums(.numeric, [(.sum, .numeric)])
        let huge = Datum.numeric(PlainNumeric.make(BigInt(10).power(60), 3))
        try sums.insert(1, huge)
        try sums.insert(1, Self.numeric(1, 0))
        #expect(try sums.step() == [[.int(1), .numeric(PlainNumeric.make(BigInt(10).power(60) + 1000, 3))]: 1])
        try sums.delete(1, huge)
        #expect(try sums.step() == [[.int(1), Self.numeric(1, 0)]: 1])
        // Back within Int128, but of two words and negative.
        try sums.insert(1, huge)
        try sums.insert(1, Self.numeric(-200_000_000_000_000_000_000, 0))
        _ = try sums.step()
        try sums.delete(1, huge)
        #expect(try sums.step() == [[.int(1), Self.numeric(-199_999_999_999_999_999_999, 0)]: 1])
    }

    @Test func `float sums are the same for any order and have no drift`() throws {
        let values = [1e300, 0.1, -1e300, 0.2, 0.3, 1e-300, 5.12]
        var results: Set<[PlainRow: Int64]> = []
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<20 {
            var sums = try Sums(.float8, [(.sum, .float8)])
            for value in values.shuffled(using: &generator) {
                try sums.insert(1, .float(value))
                if generator.once(in: 3) { _ = try sums.step() }
            }
            results.insert(try sums.step())
        }
        #expect(results.count == 1)
        var sums = try Sums(.float8, [(.sum, .float8)])
        for value in values { try sums.insert(1, .float(value)) }
        _ = try sums.step()
        for value in values.dropLast() { try sums.delete(1, .float(value)) }
        #expect(try sums.step() == [[.int(1), .float(5.12)]: 1])
    }

    @Test func `finite floats that sum up beyond the range are an error that heals, infinities are not`() throws {
        var sums = try Sums(.float8, [(.sum, .float8)])
        try sums.insert(1, .float(.greatestFiniteMagnitude))
        try sums.insert(1, .float(.greatestFiniteMagnitude))
        try sums.insert(2, .float(.infinity))
        try sums.insert(2, .float(.greatestFiniteMagnitude))
        #expect(try sums.step() == [[.int(2), .float(.infinity)]: 1])
        #expect(sums.circuit.errors(of: "v") == [ViewError(error: .floatOverflow, count: 1)])
        try sums.delete(1, .float(.greatestFiniteMagnitude))
        #expect(
            try sums.step() == [[.int(1), .float(.greatestFiniteMagnitude)]: 1, [.int(2), .float(.infinity)]: 1]
        )
        #expect(sums.circuit.errors(of: "v").isEmpty)
    }

    @Test func `a bigint sum out of range is an error that heals`() throws {
        var sums = try Sums(.int4, [(.sum, .int8)])
        try sums.insert(1, .int(.max))
        try sums.insert(1, .int(1))
        #expect(try sums.step().isEmpty)
        #expect(sums.circuit.errors(of: "v") == [ViewError(error: .integerOutOfRange, count: 1)])
        try sums.insert(1, .int(-5))
        #expect(try sums.step() == [[.int(1), .int(.max - 4)]: 1])
        #expect(sums.circuit.errors(of: "v").isEmpty)
    }

    @Test func `the sum of nothing but negative zeros is negative zero`() throws {
        var sums = try Sums(.float8, [(.sum, .float8)])
        try sums.insert(1, .float(-0.0))
        let row = try #require(try sums.step().keys.first)
        #expect(PlainRows.image(row)[1] == .int(Int64(bitPattern: (-0.0).bitPattern)))
    }

    @Test func `a global aggregate has its row before any input, and always one`() throws {
        var sums = try Sums(.int8, [(.countAll, .int8), (.sum, .numeric), (.min, .int8)], isGlobal: true)
        #expect(try sums.step() == [[.int(0), .null, .null]: 1])
        try sums.insert(1, .int(5))
        #expect(try sums.step() == [[.int(1), Self.numeric(5, 0), .int(5)]: 1])
        try sums.delete(1, .int(5))
        #expect(try sums.step() == [[.int(0), .null, .null]: 1])
    }

    @Test func `a group that was emptied comes back`() throws {
        var sums = try Sums(.int8, [(.countAll, .int8), (.max, .int8)])
        for value in [Int64(4), 9] {
            try sums.insert(1, .int(value))
            #expect(try sums.step() == [[.int(1), .int(1), .int(value)]: 1])
            try sums.delete(1, .int(value))
            #expect(try sums.step().isEmpty)
        }
    }

    @Test func `of equal values with different digits the smallest image is shown`() throws {
        var sums = try Sums(.numeric, [(.min, .numeric), (.max, .numeric)])
        let images = [Self.numeric(1, 0), Self.numeric(10, 1), Self.numeric(100, 2)]
        for image in images.reversed() { try sums.insert(1, image) }
        #expect(try sums.step() == [[.int(1), images[0], images[0]]: 1])
        try sums.delete(1, images[0])
        #expect(try sums.step() == [[.int(1), images[1], images[1]]: 1])
    }

    @Test func `extremes follow thousands of deletes in any order`() throws {
        var generator = SeededGenerator(seed: 9)
        var sums = try Sums(.int8, [(.min, .int8), (.max, .int8)])
        let values = (0..<3_000).map { Int64($0) }
        for value in values.shuffled(using: &generator) { try sums.insert(1, .int(value)) }
        var left = Set(values)
        for value in values.shuffled(using: &generator) {
            try sums.delete(1, .int(value))
            left.remove(value)
            guard left.count % 250 == 0, let least = left.min(), let greatest = left.max() else { continue }
            #expect(try sums.step() == [[.int(1), .int(least), .int(greatest)]: 1])
        }
        #expect(try sums.step().isEmpty)
        #expect(sums.circuit.statistics.allSatisfy { $0.rowCount == 0 })
    }
}
