import Relational
import TestSupport
import Testing

@testable import PostgresSource

@Suite struct DecoderTests {
    /// A decoder that knows relation 16384: `id` int4, which identifies, `a` text, `b` text, `c` text.
    private func makeDecoder(identity: String = "d") throws -> ChangeDecoder {
        let table = RelationTable(output: MemoryOutput(), followed: nil, timeline: 1) { _ in nil }
        var bytes = Golden.relationHead + Golden.cString("public") + Golden.cString("t") + Array(identity.utf8)
        bytes += Golden.integer(Int16(4))
        for (index, name) in ["id", "a", "b", "c"].enumerated() {
            bytes += [index == 0 || identity == "f" ? 1 : 0] + Golden.cString(name)
            bytes += Golden.integer(UInt32(index == 0 ? 23 : 25)) + Golden.integer(Int32(-1))
        }
        try bytes.withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            try table.take(RelationMessage(from: &reader), at: LSN(1))
        }
        return ChangeDecoder(table)
    }

    private func append(_ message: [UInt8], to decoder: inout ChangeDecoder) throws {
        try message.withUnsafeBytes { bytes in
            switch try OutputMessage(bytes) {
            case .insert(let insert): try decoder.append(insert, at: LSN(1))
            case .update(let update): try decoder.append(update, at: LSN(1))
            case .delete(let delete): try decoder.append(delete, at: LSN(1))
            default: Issue.record("not a change")
            }
        }
    }

    private func failure(_ message: [UInt8], identity: String = "d") throws -> SourceError.Code? {
        var decoder = try makeDecoder(identity: identity)
        do {
            try append(message, to: &decoder)
            return nil
        } catch let error as SourceError {
            return error.code
        }
    }

    private func tuple(_ columns: [String?]) -> [UInt8] {
        columns.reduce(Golden.integer(Int16(columns.count))) { bytes, column in
            bytes + (column.map { $0 == "(unchanged)" ? Array("u".utf8) : Golden.text($0) } ?? Array("n".utf8))
        }
    }

    private func message(_ head: String, _ parts: (String, [String?])...) -> [UInt8] {
        parts.reduce(Array(head.utf8) + Golden.relationHead) { $0 + Array($1.0.utf8) + tuple($1.1) }
    }

    @Test func `a change that does not say which row it means is refused`() throws {
        let unchanged = "(unchanged)"
        #expect(try failure(message("U", ("N", [unchanged, "a", "b", "c"]))) == .identityUnknown)
        #expect(try failure(message("U", ("N", ["1", unchanged, "b", "c"]))) == nil)
        #expect(try failure(message("D", ("K", [nil, nil, nil, nil]))) == .identityUnknown)
        #expect(try failure(message("D", ("K", ["1", nil, nil, nil]))) == nil)
        #expect(try failure(message("U", ("N", ["1", "a", "b", "c"])), identity: "f") == .identityUnknown)
        #expect(try failure(message("U", ("N", ["1", "a", "b", "c"])), identity: "n") == nil)
    }

    @Test func `rows that do not fit their relation are refused`() throws {
        #expect(try failure(message("I", ("N", ["1", "a", "b"]))) == .malformedMessage)
        #expect(try failure(message("I", ("N", ["1", "a", "b", "(unchanged)"]))) == .malformedMessage)
        #expect(try failure(message("I", ("N", ["one", "a", "b", "c"]))) == .malformedValue)
        #expect(try failure(message("D", ("O", ["1", "a", "(unchanged)", "c"]))) == .malformedMessage)
        #expect(
            try failure(Array("I".utf8) + Golden.integer(UInt32(7)) + Array("N".utf8) + tuple([])) == .protocolViolation
        )
    }

    @Test func `no error repeats a value`() throws {
        var decoder = try makeDecoder()
        let error = #expect(throws: SourceError.self) {
            try append(message("I", ("N", ["secret value", "a", "b", "c"])), to: &decoder)
        }
        #expect(error?.description.contains("secret") == false)
    }

    @Test(arguments: [UInt64(1), 2])
    func `a damaged COPY row is an error or a row, never anything else`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let layout = RelationLayout(
            RelationSchema(
                relation: RelationID(1),
                name: QualifiedName(schema: "public", name: "t"),
                columns: [
                    Column(name: "id", attributeNumber: 1, type: .int4),
                    Column(name: "a", attributeNumber: 2, type: .text),
                    Column(name: "b", attributeNumber: 3, type: .bytea),
                ],
                primaryKey: [0]
            ),
            id: SchemaID(0)
        )
        let line = Array("42\tback\\\\slash \\t tab\t\\\\x00ff\n".utf8)
        var row = CopyTextRow()
        for length in 0..<line.count - 1 {
            var slab = ByteSlab()
            line.prefix(length).withUnsafeBytes { try? row.append($0, layout, into: &slab) }
        }
        for _ in 0..<5_000 {
            var damaged = line
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] =
                    [9, 10, 92, 78, 0, 255].randomElement(using: &random) ?? 0
            }
            var slab = ByteSlab()
            let isRow = (try? damaged.withUnsafeBytes { try row.append($0, layout, into: &slab) }) != nil
            if isRow {
                let valid = ChangeRecord.validate(slab.bytes) { _ in layout.encodings }
                #expect(valid == slab.count, "seed \(seed)")
            }
        }
    }
}
