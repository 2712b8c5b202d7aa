import Relational
import TestSupport
import Testing

@testable import EventLog

@Suite struct RecordValidatorTests {
    private static let types: [ScalarType] = [
        .bool, .int4, .int8, .float8, .text, .numeric, .bytea, .uuid, .date, .jsonb,
    ]

    private static func schema(_ columnCount: Int, _ random: inout SeededGenerator) -> RelationSchema {
        let columns = (0..<columnCount).map { index in
            Column(
                name: "c\(index)",
                attributeNumber: Int16(index + 1),
                type: types[Int.random(in: 0..<types.count, using: &random)]
            )
        }
        return RelationSchema(
            relation: RelationID(1),
            name: QualifiedName(schema: "s", name: "t"),
            columns: columns,
            primaryKey: []
        )
    }

    private static func appendRow(_ schema: RelationSchema, to slab: inout ByteSlab, _ random: inout SeededGenerator) {
        let row = slab.beginRow(columnCount: schema.columns.count)
        let nulls = Int.random(in: 0..<3, using: &random)
        for (index, column) in schema.columns.enumerated() where nulls == 0 || random.next() % 3 != 0 {
            if column.type.encoding.isFixed {
                slab.set(index, int: Int64.random(in: 0...1, using: &random), in: row)
            } else {
                let bytes = [UInt8](repeating: 7, count: Int.random(in: 0..<20, using: &random))
                bytes.withUnsafeBytes { slab.set(index, bytes: $0, in: row) }
            }
        }
        slab.endRow(row)
    }

    private static func record(_ id: Int, _ schemas: [RelationSchema], _ random: inout SeededGenerator) -> ByteSlab {
        var slab = ByteSlab()
        appendRecord(id, schemas, to: &slab, &random)
        return slab
    }

    private static func appendRecord(
        _ id: Int,
        _ schemas: [RelationSchema],
        to slab: inout ByteSlab,
        _ random: inout SeededGenerator
    ) {
        let operation = ChangeOperation(rawValue: UInt8.random(in: 1...4, using: &random)) ?? .insert
        let hasNew = operation == .insert || operation == .update
        let hasOld = Bool.random(using: &random)
        let record = slab.beginRecord(
            operation,
            schema: SchemaID(UInt32(id)),
            hasNew: hasNew,
            hasOld: hasOld,
            oldIsIdentityOnly: Bool.random(using: &random)
        )
        for present in [hasNew, hasOld] where present { appendRow(schemas[id], to: &slab, &random) }
        let count = schemas[id].columns.count
        slab.endRecord(record, unchanged: count > 0 && Bool.random(using: &random) ? [count - 1] : [])
    }

    /// The oracle is the record's own, slower check.
    @Test(arguments: UInt64(0)..<6)
    func `it takes exactly what the record's own check takes, whatever bytes are changed`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let schemas = [0, 1, 3, 8, 21, 22, 90].map { Self.schema($0, &random) }
        let encodings = schemas.map { $0.columns.map(\.type.encoding) }
        var validator = RecordValidator()
        for schema in schemas { validator.add(schema) }
        var refused = 0
        for round in 0..<3000 {
            var slab = Self.record(Int.random(in: 0..<schemas.count, using: &random), schemas, &random)
            #expect(validator.validate(slab.bytes) == slab.count, "seed \(seed), round \(round)")
            Self.change(&slab, &random)
            let bytes = UnsafeRawBufferPointer(rebasing: slab.bytes[..<(slab.count - (random.next() % 4 == 0 ? 8 : 0))])
            let expected = ChangeRecord.validate(bytes) { id in
                Int(id.rawValue) < encodings.count ? encodings[Int(id.rawValue)] : nil
            }
            #expect(validator.validate(bytes) == expected, "seed \(seed), round \(round)")
            if expected == nil { refused += 1 }
        }
        #expect(refused > 300, "the changes hit what matters")
    }

    /// A run of records of several schemas, with a few bytes changed; most are plain, as in a real log.
    @Test(arguments: UInt64(0)..<6)
    func `walking takes as many records as their own checks take one by one`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let schemas = [0, 1, 3, 8, 21, 22, 90].map { Self.schema($0, &random) }
        let encodings = schemas.map { $0.columns.map(\.type.encoding) }
        var validator = RecordValidator()
        for schema in schemas { validator.add(schema) }
        var stopped = 0
        for round in 0..<1000 {
            var slab = ByteSlab()
            let recordCount = Int.random(in: 1...6, using: &random)
            var id = Int.random(in: 0..<schemas.count, using: &random)
            for _ in 0..<recordCount {
                if random.next() % 3 == 0 { id = Int.random(in: 0..<schemas.count, using: &random) }
                Self.appendRecord(id, schemas, to: &slab, &random)
            }
            if round.isMultiple(of: 4) {
                var (position, count) = (0, 0)
                validator.walk(slab.bytes, from: &position, counting: &count)
                #expect(position == slab.count && count == recordCount, "seed \(seed), round \(round)")
            }
            Self.change(&slab, &random)
            var (expectedPosition, expectedCount) = (0, 0)
            while expectedPosition < slab.count {
                let rest = UnsafeRawBufferPointer(rebasing: slab.bytes[expectedPosition...])
                let byteCount = ChangeRecord.validate(rest) { id in
                    Int(id.rawValue) < encodings.count ? encodings[Int(id.rawValue)] : nil
                }
                guard let byteCount else { break }
                expectedPosition += byteCount
                expectedCount += 1
            }
            var (position, count) = (0, 0)
            validator.walk(slab.bytes, from: &position, counting: &count)
            #expect(position == expectedPosition && count == expectedCount, "seed \(seed), round \(round)")
            if position < slab.count { stopped += 1 }
        }
        #expect(stopped > 100, "the changes hit what matters")
    }

    /// Changes a few bytes, to small numbers or any.
    private static func change(_ slab: inout ByteSlab, _ random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = slab.pointer(at: Int.random(in: 0..<slab.count, using: &random))
            let value =
                Bool.random(using: &random)
                ? UInt8.random(in: 0...3, using: &random) : UInt8.random(in: 0...255, using: &random)
            place.storeBytes(of: value, as: UInt8.self)
        }
    }
}
