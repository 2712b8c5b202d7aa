import EventLog
import Relational

/// Relations, schemas and records for the log's tests. A record carries a serial number, so that it can be told from every other.
enum SampleRecords {
    static let relation = RelationID(16_400)

    /// Version `version` of the sample relation has `version` columns more than the first.
    static func schema(version: Int = 0, relation: RelationID = relation) -> RelationSchema {
        var columns = [
            Column(name: "id", attributeNumber: 1, type: .int8, isNotNull: true),
            Column(name: "label", attributeNumber: 2, type: .text),
            Column(name: "amount", attributeNumber: 3, type: .numeric),
        ]
        for index in 0..<version {
            columns.append(Column(name: "extra\(index)", attributeNumber: Int16(4 + index), type: .int4))
        }
        return RelationSchema(
            relation: relation,
            name: QualifiedName(schema: "public", name: "t\(relation)"),
            columns: columns,
            primaryKey: [0]
        )
    }

    /// Appends one insert of a row with `serial` and a label of `labelByteCount` bytes.
    static func append(
        serial: Int64,
        schema id: SchemaID,
        columnCount: Int = 3,
        labelByteCount: Int = 10,
        to slab: inout ByteSlab
    ) {
        let record = slab.beginRecord(.insert, schema: id, hasNew: true, hasOld: false)
        let row = slab.beginRow(columnCount: columnCount)
        slab.set(0, int: serial, in: row)
        let label = [UInt8](repeating: UInt8(truncatingIfNeeded: serial), count: labelByteCount)
        label.withUnsafeBytes { slab.set(1, bytes: $0, in: row) }
        slab.endRow(row)
        slab.endRecord(record)
    }

    /// A slab with one record per serial.
    static func slab(
        serials: Range<Int64>,
        schema id: SchemaID,
        columnCount: Int = 3,
        labelByteCount: Int = 10
    ) -> ByteSlab {
        var slab = ByteSlab()
        for serial in serials {
            append(
                serial: serial,
                schema: id,
                columnCount: columnCount,
                labelByteCount: labelByteCount,
                to: &slab
            )
        }
        return slab
    }

    static func header(lsn: UInt64, timeline: UInt32 = 1) -> TransactionHeader {
        TransactionHeader(
            xid: UInt32(truncatingIfNeeded: lsn),
            commitEnd: SourcePosition(timeline: timeline, lsn: LSN(lsn)),
            commitTime: Int64(lsn) * 1000
        )
    }
}

extension EventLog {
    /// Appends a commit of one record per serial.
    @discardableResult
    func appendCommit(_ serials: Range<Int64>, lsn: UInt64, schema: SchemaID, group: GroupID = .none) throws -> Offset {
        try append(
            kind: .commit,
            header: SampleRecords.header(lsn: lsn),
            group: group,
            records: SampleRecords.slab(serials: serials, schema: schema),
            recordCount: serials.count
        )
    }

    /// Every frame that a reader from `offset` delivers now.
    func delivered(from offset: Offset = .zero) throws -> [Delivery] {
        var reader = try LogReader(self, from: offset)
        var deliveries: [Delivery] = []
        while let frame = try reader.next() { deliveries.append(Delivery(frame)) }
        return deliveries
    }
}

/// A delivered frame, copied.
struct Delivery: Equatable, CustomStringConvertible {
    var kind: FrameKind
    var first: Offset
    var group: GroupID
    var lsn: UInt64
    var serials: [Int64]
    var continues: Bool

    init(_ frame: FrameView) {
        kind = frame.header.kind
        first = frame.header.firstOffset
        group = frame.header.group
        lsn = frame.header.commitEnd.lsn.rawValue
        serials = frame.records.map { $0.newRow?.int(0) ?? -1 }
        continues = frame.continues
    }

    init(kind: FrameKind, first: Offset, group: GroupID, lsn: UInt64, serials: [Int64], continues: Bool) {
        self.kind = kind
        self.first = first
        self.group = group
        self.lsn = lsn
        self.serials = serials
        self.continues = continues
    }

    var description: String { "\(kind)@\(first) group \(group) lsn \(lsn) \(serials)\(continues ? " …" : "")" }
}
