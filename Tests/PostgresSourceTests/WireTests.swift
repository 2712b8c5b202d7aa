import PostgresSource
import Relational
import TestSupport
import Testing

/// Messages as a server would send them.
enum Golden {
    static func text(_ value: String) -> [UInt8] {
        [UInt8(ascii: "t")] + integer(Int32(value.utf8.count)) + Array(value.utf8)
    }

    static func integer<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    static func cString(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    static let tuple: [UInt8] =
        integer(Int16(4)) + text("42") + [UInt8(ascii: "n")] + [UInt8(ascii: "u")] + text("grüß")
    static let relationHead: [UInt8] = integer(UInt32(16384))
    static let begin: [UInt8] =
        Array("B".utf8) + integer(UInt64(0x1_6B37_4D848)) + integer(Int64(123)) + integer(UInt32(731))
    static let commit: [UInt8] =
        Array("C".utf8) + [0] + integer(UInt64(5)) + integer(UInt64(9)) + integer(Int64(-1))
    static let relation: [UInt8] =
        Array("R".utf8) + relationHead + cString("") + cString("t") + Array("d".utf8) + integer(Int16(2)) + [1]
        + cString("id") + integer(UInt32(23)) + integer(Int32(-1)) + [0] + cString("ü") + integer(UInt32(25))
        + integer(Int32(-1))
    static let insert: [UInt8] = Array("I".utf8) + relationHead + Array("N".utf8) + tuple
    static let updateKey: [UInt8] = Array("U".utf8) + relationHead + Array("K".utf8) + tuple + Array("N".utf8) + tuple
    static let updateFull: [UInt8] = Array("U".utf8) + relationHead + Array("O".utf8) + tuple + Array("N".utf8) + tuple
    static let update: [UInt8] = Array("U".utf8) + relationHead + Array("N".utf8) + tuple
    static let delete: [UInt8] = Array("D".utf8) + relationHead + Array("K".utf8) + tuple
    static let truncate: [UInt8] = Array("T".utf8) + integer(Int32(2)) + [3] + integer(UInt32(1)) + integer(UInt32(2))
    static let type: [UInt8] = Array("Y".utf8) + integer(UInt32(9)) + cString("public") + cString("mood")
    static let origin: [UInt8] = Array("O".utf8) + integer(UInt64(7)) + cString("elsewhere")
    static let message: [UInt8] =
        Array("M".utf8) + [1] + integer(UInt64(7)) + cString("prefix") + integer(Int32(3)) + [1, 2, 3]
    static let all = [
        begin, commit, relation, insert, updateKey, updateFull, update, delete, truncate, type, origin, message,
    ]
    static let keepalive: [UInt8] = Array("k".utf8) + integer(UInt64(99)) + integer(Int64(5)) + [1]
    static let data: [UInt8] =
        Array("w".utf8) + integer(UInt64(1)) + integer(UInt64(2)) + integer(Int64(3)) + insert
}

@Suite struct WireTests {
    @Test func `each message decodes to its values`() throws {
        try Golden.begin.withUnsafeBytes { bytes in
            guard case .begin(let begin) = try OutputMessage(bytes) else { return #expect(Bool(false)) }
            #expect(begin.commitLSN == LSN(0x1_6B37_4D848))
            #expect(begin.commitTime == 123)
            #expect(begin.xid == 731)
        }
        try Golden.commit.withUnsafeBytes { bytes in
            guard case .commit(let commit) = try OutputMessage(bytes) else { return #expect(Bool(false)) }
            #expect(commit.commitLSN == LSN(5))
            #expect(commit.endLSN == LSN(9))
            #expect(commit.commitTime == -1)
        }
        try Golden.relation.withUnsafeBytes { bytes in
            guard case .relation(let relation) = try OutputMessage(bytes) else { return #expect(Bool(false)) }
            #expect(relation.name == QualifiedName(schema: "pg_catalog", name: "t"))
            #expect(relation.columns.map(\.name) == ["id", "ü"])
            #expect(relation.columns.map(\.isIdentity) == [true, false])
        }
        try Golden.updateKey.withUnsafeBytes { bytes in
            guard case .update(let update) = try OutputMessage(bytes), case .key(let key) = update.old else {
                return #expect(Bool(false))
            }
            for tuple in [key, update.new] {
                let columns = tuple.map { column -> String in
                    switch column {
                    case .null: "NULL"
                    case .unchanged: "unchanged"
                    case .text(let bytes): String(decoding: bytes, as: UTF8.self)
                    }
                }
                #expect(columns == ["42", "NULL", "unchanged", "grüß"])
            }
        }
        try Golden.truncate.withUnsafeBytes { bytes in
            guard case .truncate(let truncate) = try OutputMessage(bytes) else { return #expect(Bool(false)) }
            #expect(truncate.relations == [RelationID(1), RelationID(2)])
            #expect(truncate.isCascade && truncate.restartsIdentity)
        }
        try Golden.keepalive.withUnsafeBytes { bytes in
            guard case .keepalive(let keepalive) = try ReplicationMessage(bytes) else { return #expect(Bool(false)) }
            #expect(keepalive.walEnd == LSN(99))
            #expect(keepalive.isReplyRequested)
        }
    }

    @Test func `every prefix of a message is an error, and so is every message with a byte more`() {
        for message in Golden.all {
            for length in 0..<message.count {
                #expect(throws: WireError.self) {
                    try message.prefix(length).withUnsafeBytes { _ = try OutputMessage($0) }
                }
            }
            #expect(throws: WireError.self) { try (message + [0]).withUnsafeBytes { _ = try OutputMessage($0) } }
        }
        for length in 0..<25 {
            #expect(throws: WireError.self) {
                try Golden.data.prefix(length).withUnsafeBytes { _ = try ReplicationMessage($0) }
            }
        }
    }

    @Test(arguments: [UInt64(11), 12, 13])
    func `changed bytes give an error or a message, never anything else`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            var message = Golden.all[Int.random(in: 0..<Golden.all.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                message[Int.random(in: 0..<message.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            message.withUnsafeBytes { bytes in
                guard let decoded = try? OutputMessage(bytes) else { return }
                switch decoded {
                case .insert(let insert): _ = Array(insert.new)
                case .update(let update): _ = Array(update.new)
                case .delete(let delete): if case .key(let key) = delete.old { _ = Array(key) }
                default: break
                }
            }
        }
    }

    @Test func `a status says the same position three times`() {
        let bytes = StandbyStatus(durable: LSN(0x0102), time: 3, requestsReply: true).encode()
        let lsn: [UInt8] = [0, 0, 0, 0, 0, 0, 1, 2]
        #expect(bytes == Array("r".utf8) + lsn + lsn + lsn + [0, 0, 0, 0, 0, 0, 0, 3, 1])
    }
}
