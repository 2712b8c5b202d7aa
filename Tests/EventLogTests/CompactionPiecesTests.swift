import EventLog
import Relational
import TestSupport
import Testing

@Suite struct CompactionPiecesTests {
    private static func header(_ number: UInt64) -> TransactionHeader {
        TransactionHeader(
            xid: 1,
            commitEnd: SourcePosition(timeline: 1, lsn: LSN(number * 8)),
            commitTime: Int64(number)
        )
    }

    /// Documents of 100 kB, then a commit that leaves all of them as they are.
    private static func log(_ fileSystem: FaultyFileSystem, isLarge: Bool, count: Int = 170) throws -> EventLog {
        let options = LogOptions(newID: LogID(high: 7, low: 9))
        let log = try EventLog.open(directory: "/data/log", fileSystem: fileSystem, options: options)
        let table = CompactionHistory.Table(id: RelationID(1), identity: .default)
        let id = try log.register(HistoryRecords.schema(table), readAt: SourcePosition(timeline: 1, lsn: LSN(1)))
        let rows = (0..<count).map { number in
            let doc = String(repeating: Character(UnicodeScalar(UInt8(97 + number % 26))), count: 100_000)
            return CompactionHistory.Row(id: Int64(number), code: Int64(number), doc: doc, note: nil)
        }
        for (number, row) in rows.enumerated() {
            var records = HistoryRecords(id, table)
            records.insert(row)
            try log.append(
                kind: .commit,
                header: header(UInt64(number) + 1),
                records: records.slab,
                recordCount: records.count
            )
        }
        var updates = HistoryRecords(id, table)
        for row in rows {
            let changed = CompactionHistory.Row(id: row.id, code: row.code + 1000, doc: nil, note: "changed")
            updates.update(row, changed, unchanged: [2])
        }
        let group = isLarge ? log.makeGroup() : .none
        if isLarge {
            try log.append(
                kind: .part,
                header: header(300),
                group: group,
                records: updates.slab,
                recordCount: updates.count
            )
            updates = HistoryRecords(id, table)
            let last = CompactionHistory.Row(id: 1, code: 5000, doc: "last", note: nil)
            updates.update(last, last, unchanged: [])
        }
        try log.append(
            kind: .commit,
            header: header(400),
            group: group,
            records: updates.slab,
            recordCount: updates.count
        )
        try log.flush()
        return log
    }

    @Test(arguments: [false, true])
    func `a frame that grows past a piece comes as several, in one transaction and with its offsets`(isLarge: Bool)
        throws
    {
        let fileSystem = FaultyFileSystem()
        let log = try Self.log(fileSystem, isLarge: isLarge)
        let before = try FoldModel(log)
        let end = log.frontier.nextOffset
        var options = CompactionOptions(now: 1 << 50)
        options.isForced = true
        let report = try log.compact(options)
        #expect(report.recordsAfter == 170 && report.horizon == end)
        #expect(try FoldModel(log) == before)
        var reader = try LogReader(log, from: .zero)
        var frameCount = 0
        while let frame = try reader.next() {
            if frame.header.kind.hasRecords { frameCount += 1 }
            #expect(frame.payload.count <= 17 << 20)
        }
        #expect(frameCount >= 2)
        #expect(reader.progress == end)
        try log.close()
        let check = try EventLog.check(directory: "/data/log", fileSystem: fileSystem)
        #expect(check.isSound, "\(check.faults)")
    }

    @Test func `a run that is held to a speed waits, and can be ended while it does`() throws {
        let log = try Self.log(FaultyFileSystem(), isLarge: false, count: 30)
        let before = try FoldModel(log)
        var options = CompactionOptions(now: 1 << 50)
        options.isForced = true
        // At this speed the run would take years: that it ends shows that a waiting run asks whether to go on.
        options.bytesPerSecond = 1
        var asked = 0
        try log.compact(options) { _ in
            asked += 1
            return asked < 4
        }
        #expect(asked == 4)
        #expect(try FoldModel(log) == before)
    }
}
