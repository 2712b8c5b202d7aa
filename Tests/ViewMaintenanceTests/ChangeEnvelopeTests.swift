import EventLog
import Relational
import Testing
import ViewMaintenance

@Suite struct ChangeEnvelopeTests {
    private static let schema = RelationSchema(
        relation: RelationID(5),
        name: QualifiedName(schema: "sales", name: "line\"s"),
        columns: [
            Column(name: "id", attributeNumber: 1, type: .int8, isNotNull: true),
            Column(name: "note", attributeNumber: 2, type: .text),
            Column(name: "ratio", attributeNumber: 3, type: .float8),
            Column(name: "paid", attributeNumber: 4, type: .bool),
            Column(name: "price", attributeNumber: 5, type: .numeric),
        ],
        primaryKey: [0]
    )

    private func row(_ id: Int64, _ note: String, _ ratio: Double = 0.5) -> [Datum] {
        [.int(id), .text(note), .float(ratio), .bool(true), .numeric(.small(coefficient: 150, scale: 2))]
    }

    private static let identity: [Datum] = [.int(1), .null, .null, .null, .null]

    private func header(_ lsn: UInt64) -> TransactionHeader {
        TransactionHeader(
            xid: 42,
            commitEnd: SourcePosition(timeline: 1, lsn: LSN(lsn)),
            commitTime: 1_000_000
        )
    }

    private func page(_ place: LogPlace, from offset: Int64 = 0, limit: Int = 100) throws -> LogTailPage {
        try LogTailPage.read(
            place.log,
            from: Offset(offset),
            limit: limit,
            patience: .zero,
            sourceName: "slot",
            version: "9"
        )
    }

    @Test func `inserts, updates, deletes and TRUNCATE are Debezium's envelopes`() throws {
        let place = try LogPlace()
        let writer = LogWriter(place.log)
        let id = try writer.schemaID(for: Self.schema, readAt: .none)
        var records = ByteSlab()
        records.append(
            [
                (.insert, row(1, "a \"b\"\n\u{1}", .nan), nil), (.update, row(2, "é"), Self.identity),
                (.delete, nil, Self.identity), (.truncate, nil, nil),
            ],
            Self.schema,
            id
        )
        try writer.appendCommit(header(0x20), group: nil, records: records, recordCount: 4)
        try writer.waitUntilDurable()
        let source =
            #""source":{"version":"9","connector":"postgresql","name":"slot","ts_ms":946684801000,"snapshot":"false","#
            + #""schema":"sales","table":"line\"s","txId":42,"lsn":32}"#
        func tail(_ order: Int) -> String {
            #""ts_ms":946684801000,"transaction":{"id":"42:32","total_order":\#(order + 1)},"offset":\#(order + 1),"#
                + #""commit_end_lsn":"0/20","ordinal":\#(order),"unchanged":[]}"#
        }
        let lines = try page(place).lines
        #expect(
            lines == [
                #"{"before":null,"after":{"id":1,"note":"a \"b\"\n\u0001","ratio":"NaN","paid":true,"price":"1.50"},"#
                    + source + #","op":"c","# + tail(0),
                #"{"before":{"id":1},"after":{"id":2,"note":"é","ratio":0.5,"paid":true,"price":"1.50"},"#
                    + source + #","op":"u","# + tail(1),
                #"{"before":{"id":1},"after":null,"# + source + #","op":"d","# + tail(2),
                #"{"before":null,"after":null,"# + source + #","op":"t","# + tail(3),
            ]
        )
    }

    @Test func `unchanged columns are named and absent, and snapshot rows are reads without a transaction`() throws {
        let place = try LogPlace()
        let writer = LogWriter(place.log)
        let id = try writer.schemaID(for: Self.schema, readAt: .none)
        let snapshot = writer.beginSnapshot()
        var records = ByteSlab()
        records.append([(.insert, row(1, "x"), nil)], Self.schema, id)
        try writer.appendSnapshot(snapshot, records: records, recordCount: 1)
        try writer.completeSnapshot(snapshot, at: header(0x10).commitEnd, relations: [RelationID(5)])
        var partial = ByteSlab()
        let record = partial.beginRecord(.update, schema: id, hasNew: true, hasOld: false)
        let new = partial.beginRow(columnCount: 5)
        partial.set(0, .int(1), as: .int8, in: new)
        partial.endRow(new)
        partial.endRecord(record, unchanged: [1, 4])
        try writer.appendCommit(header(0x20), group: nil, records: partial, recordCount: 1)
        try writer.waitUntilDurable()
        let lines = try page(place).lines
        #expect(lines.count == 2)
        #expect(lines[0].contains(#""snapshot":"true""#) && lines[0].contains(#""op":"r""#))
        #expect(!lines[0].contains(#""transaction""#))
        #expect(lines[1].contains(#""after":{"id":1,"ratio":null,"paid":null}"#))
        #expect(lines[1].hasSuffix(#""unchanged":["note","price"]}"#))
    }

    @Test func `a page never splits a commit, and the ordinals of its parts go on`() throws {
        let place = try LogPlace()
        let writer = LogWriter(place.log)
        let id = try writer.schemaID(for: Self.schema, readAt: .none)
        let group = writer.makeGroup()
        for part in 0..<3 {
            var records = ByteSlab()
            records.append((0..<4).map { (.insert, row(Int64(part * 4 + $0), "x"), nil) }, Self.schema, id)
            if part < 2 {
                try writer.appendPart(group: group, xid: 42, records: records, recordCount: 4)
            } else {
                try writer.appendCommit(header(0x20), group: group, records: records, recordCount: 4)
            }
        }
        var records = ByteSlab()
        records.append([(.insert, row(100, "y"), nil)], Self.schema, id)
        try writer.appendCommit(header(0x30), group: nil, records: records, recordCount: 1)
        try writer.waitUntilDurable()
        let first = try page(place, limit: 2)
        #expect(first.lines.count == 12)
        for (ordinal, line) in first.lines.enumerated() {
            #expect(line.contains("\"commit_end_lsn\":\"0/20\",\"ordinal\":\(ordinal),"))
            #expect(line.contains("\"total_order\":\(ordinal + 1)}"))
        }
        let second = try page(place, from: first.nextOffset, limit: 2)
        #expect(second.lines.count == 1 && second.lines[0].contains(#""commit_end_lsn":"0/30""#))
        let third = try page(place, from: second.nextOffset, limit: 2)
        #expect(third.lines.isEmpty && third.nextOffset == second.nextOffset)
    }

    @Test func `a reader at the end waits for the next change, or until it is told that there is none`() async throws {
        let orders = try OrdersLog()
        try orders.commitPair(1)
        let end = orders.log.frontier.nextOffset
        async let waited = OwnThread.run("tail") {
            try LogTailPage.read(
                orders.log,
                from: end,
                limit: 1,
                patience: .seconds(3600),
                sourceName: "",
                version: ""
            )
        }
        try orders.commitPair(2)
        #expect(try await waited.lines.count == 2)
        let now = orders.log.frontier.nextOffset
        let over = try LogTailPage.read(
            orders.log,
            from: now,
            limit: 1,
            patience: .seconds(3600),
            sourceName: "",
            version: "",
            isOver: { true }
        )
        #expect(over.lines.isEmpty && over.nextOffset == now.rawValue)
    }
}
