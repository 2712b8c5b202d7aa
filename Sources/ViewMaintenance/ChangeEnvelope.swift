public import EventLog
public import Relational

/// Change records as JSON lines in Debezium's envelope, with `offset`, `commit_end_lsn`, `ordinal` and `unchanged` added.
///
/// Integers, floats and booleans are JSON values (NaN and infinities are strings); every other type is the text Postgres prints.
/// Columns in `unchanged` were not sent and are absent from `after`.
public enum ChangeEnvelope {
    /// One line for each record of a frame at or above `from`, without line ends; nothing for frames without records.
    ///
    /// `sourceName` is the slot's name, Debezium's `source.name`. `firstOrdinal` is the number of records before this frame in its commit
    /// or snapshot: with the commit's end the identity of a change.
    public static func lines(
        of frame: FrameView,
        from: Offset = .zero,
        firstOrdinal: Int = 0,
        log: EventLog,
        sourceName: String,
        version: String
    ) -> [String] {
        guard frame.header.kind.hasRecords else { return [] }
        var lines: [String] = []
        lines.reserveCapacity(frame.header.recordCount)
        for (index, record) in frame.records.enumerated() {
            guard frame.offset(of: record, at: index) >= from, let schema = log.schema(record.schemaID) else {
                continue
            }
            var writer = EnvelopeWriter()
            writer.write(
                record,
                schema,
                frame,
                index: index,
                ordinal: firstOrdinal + (frame.header.isSparse ? record.offsetDistance : index),
                sourceName: sourceName,
                version: version
            )
            lines.append(writer.text)
        }
        return lines
    }
}

/// Writes one envelope.
private struct EnvelopeWriter {
    var text = ""

    mutating func write(
        _ record: ChangeRecord,
        _ schema: RelationSchema,
        _ frame: FrameView,
        index: Int,
        ordinal: Int,
        sourceName: String,
        version: String
    ) {
        let transaction = frame.closing.transaction
        let isSnapshot = frame.header.kind == .snapshot
        let milliseconds = transaction.commitTime / 1000 + 946_684_800_000
        let unchanged = (0..<record.unchangedCount).map { record.unchangedColumn(at: $0) }
        text = "{\"before\":"
        write(record.oldRow, schema, only: record.oldRowIsIdentityOnly ? Set(schema.identityColumns) : nil, without: [])
        text += ",\"after\":"
        write(record.newRow, schema, only: nil, without: Set(unchanged))
        text += ",\"source\":{\"version\":\(quote(version)),\"connector\":\"postgresql\",\"name\":\(quote(sourceName))"
        text += ",\"ts_ms\":\(milliseconds),\"snapshot\":\(quote(isSnapshot ? "true" : "false"))"
        text += ",\"schema\":\(quote(schema.name.schema)),\"table\":\(quote(schema.name.name))"
        text += ",\"txId\":\(transaction.xid),\"lsn\":\(transaction.commitEnd.lsn.rawValue)}"
        text += ",\"op\":\"\(operation(record, isSnapshot: isSnapshot))\",\"ts_ms\":\(milliseconds)"
        if !isSnapshot {
            text += ",\"transaction\":{\"id\":\"\(transaction.xid):\(transaction.commitEnd.lsn.rawValue)\""
            text += ",\"total_order\":\(ordinal + 1)}"
        }
        text += ",\"offset\":\(frame.offset(of: record, at: index))"
        text += ",\"commit_end_lsn\":\"\(transaction.commitEnd.lsn)\",\"ordinal\":\(ordinal)"
        text += ",\"unchanged\":[" + unchanged.map { quote(schema.columns[$0].name) }.joined(separator: ",") + "]}"
    }

    private func operation(_ record: ChangeRecord, isSnapshot: Bool) -> String {
        switch record.operation {
        case .insert: isSnapshot ? "r" : "c"
        case .update: "u"
        case .delete: "d"
        case .truncate: "t"
        }
    }

    private mutating func write(
        _ row: RowView?,
        _ schema: RelationSchema,
        only: Set<Int>?,
        without: Set<Int>
    ) {
        guard let row else {
            text += "null"
            return
        }
        text += "{"
        var isFirst = true
        for (index, column) in schema.columns.enumerated() {
            if without.contains(index) || only.map({ !$0.contains(index) }) == true { continue }
            if !isFirst { text += "," }
            isFirst = false
            text += quote(column.name) + ":" + value(row, index, column.type.encoding)
        }
        text += "}"
    }

    private func value(_ row: RowView, _ column: Int, _ encoding: Encoding) -> String {
        if row.isNull(column) { return "null" }
        switch encoding {
        case .bool: return row.bool(column) ? "true" : "false"
        case .int2, .int4, .int8: return String(row.int(column))
        case .float4, .float8:
            if row.float(column).isFinite { return printed(row, column, encoding) }
            return quote(printed(row, column, encoding))
        default: return quote(printed(row, column, encoding))
        }
    }

    private func printed(_ row: RowView, _ column: Int, _ encoding: Encoding) -> String {
        var bytes = ByteSlab()
        TextCodec.encode(row, column: column, as: encoding, into: &bytes)
        return String(decoding: bytes.bytes, as: UTF8.self)
    }

    private func quote(_ string: String) -> String {
        var quoted = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
