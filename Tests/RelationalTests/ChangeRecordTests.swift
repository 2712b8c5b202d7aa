import Relational
import Testing
import TestSupport

@Suite struct ChangeRecordTests {
    private static let encodings: [Encoding] = [.int8, .text, .numeric, .text]

    private static func encodings(of id: SchemaID) -> [Encoding]? { id == SchemaID(7) ? encodings : nil }

    /// A record as a source makes it: an update may have the old row, an update may leave columns unchanged.
    private static func record(_ operation: ChangeOperation, _ random: inout SeededGenerator) -> ByteSlab {
        var slab = ByteSlab(capacity: 16)
        let hasNew = operation == .insert || operation == .update
        let hasOld = operation == .delete || operation == .update && random.once(in: 2)
        let unchanged = operation == .update && random.once(in: 2) ? [1, 3] : []
        let record = slab.beginRecord(
            operation,
            schema: SchemaID(7),
            hasNew: hasNew,
            hasOld: hasOld,
            oldIsIdentityOnly: random.once(in: 2)
        )
        for isNew in [true, false] where isNew ? hasNew : hasOld {
            let row = slab.beginRow(columnCount: encodings.count)
            for (column, encoding) in encodings.enumerated() where !(isNew && unchanged.contains(column)) {
                slab.set(column, random.datum(as: encoding), as: encoding, in: row)
            }
            slab.endRow(row)
        }
        slab.endRecord(record, unchanged: unchanged)
        return slab
    }

    @Test func `a record gives back what was put into it`() {
        var slab = ByteSlab()
        let record = slab.beginRecord(.update, schema: SchemaID(7), hasNew: true, hasOld: true, oldIsIdentityOnly: true)
        for (value, name) in [(Int64(2), "new"), (1, "old")] {
            let row = slab.beginRow(columnCount: 4)
            slab.set(0, int: value, in: row)
            slab.set(1, .text(name), as: .text, in: row)
            slab.endRow(row)
        }
        slab.endRecord(record, unchanged: [2, 3])
        let view = ChangeRecord(slab.base)
        #expect(view.operation == .update && view.schemaID == SchemaID(7) && view.byteCount == slab.count)
        #expect(view.newRow?.datum(1, as: .text) == .text("new") && view.oldRow?.int(0) == 1)
        #expect(view.oldRowIsIdentityOnly && view.unchangedCount == 2)
        #expect((0..<2).map { view.unchangedColumn(at: $0) } == [2, 3])
        #expect(ChangeRecord.validate(slab.bytes, encodings: Self.encodings(of:)) == slab.count)
    }

    @Test(arguments: [ChangeOperation.insert, .update, .delete, .truncate])
    func `every prefix of a record is refused`(operation: ChangeOperation) {
        var random = SeededGenerator(seed: UInt64(operation.rawValue))
        for _ in 0..<20 {
            let slab = Self.record(operation, &random)
            #expect(ChangeRecord.validate(slab.bytes, encodings: Self.encodings(of:)) == slab.count)
            for end in 0..<slab.count {
                let prefix = UnsafeRawBufferPointer(rebasing: slab.bytes[..<end])
                #expect(ChangeRecord.validate(prefix, encodings: Self.encodings(of:)) == nil)
            }
        }
    }

    @Test(arguments: UInt64(0)..<8)
    func `damaged records are refused or safe to read`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<600 {
            let slab = Self.record(random.pick([.insert, .update, .delete, .truncate]), &random)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = slab.pointer(at: Int.random(in: 0..<slab.count, using: &random))
                place.storeBytes(of: UInt8.random(in: 0...255, using: &random), as: UInt8.self)
            }
            guard let byteCount = ChangeRecord.validate(slab.bytes, encodings: Self.encodings(of:)) else {
                refused += 1
                continue
            }
            let view = ChangeRecord(slab.base)
            #expect(byteCount == view.byteCount && byteCount <= slab.count, "seed \(seed)")
            for row in [view.newRow, view.oldRow] {
                guard let row else { continue }
                for (column, encoding) in Self.encodings.enumerated() { _ = row.datum(column, as: encoding) }
            }
            for index in 0..<view.unchangedCount { #expect(view.unchangedColumn(at: index) < Self.encodings.count) }
        }
        #expect(refused > 100, "seed \(seed)")
    }
}
