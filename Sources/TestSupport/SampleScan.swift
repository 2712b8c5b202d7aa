import EventLog
import Relational

/// One reader of a log, and the rows that it has folded, held to what was appended.
///
/// Each frame must be one that was appended, in its place in the order of delivery. Outside of compacted parts nothing may be missing or
/// changed. At every frame after which no more of its unit follows, the folded rows must be those that the source had.
final class SampleScan<Reader: LogFrameReader & ~Copyable> {
    private var reader: Reader
    private var state: SampleState
    /// Of the frame delivered last.
    private var order: Int
    private var isInUnit = false
    private var columns: [SchemaID: (SampleTable, [Column])] = [:]
    private let log: Reader.Log
    private let decodesSchemas: Bool
    /// What was delivered.
    private(set) var records: Set<Offset> = []
    private(set) var firsts: Set<Offset> = []
    /// Of tables with a key.
    private(set) var tombstoneCount = 0

    /// Begins after the first `unitCount` units, with the rows that they left.
    ///
    /// `decodesSchemas` has the payloads of *schema* frames compared too, which takes its time.
    init(
        _ log: Reader.Log,
        _ history: SampleHistory,
        after unitCount: Int,
        decodesSchemas: Bool = false
    ) throws(LogError) {
        self.decodesSchemas = decodesSchemas
        let unit = unitCount == 0 ? nil : history.units[unitCount - 1]
        reader = try Reader(log, from: unit?.end ?? .zero)
        self.log = log
        state = unit?.state ?? SampleState()
        order = unit?.lastOrder ?? -1
    }

    var progress: Offset { reader.progress }

    /// Reads some frames; false at the durable end.
    func advance(_ history: SampleHistory, frameCount: Int = .max) throws -> Bool {
        for _ in 0..<frameCount {
            guard let frame = try reader.next() else {
                try checkEnd(history)
                return false
            }
            do {
                try take(frame, history)
            } catch let failure as ConformanceFailure {
                throw ConformanceFailure("\(frame.header.kind) at \(frame.header.firstOffset): \(failure.description)")
            }
        }
        return true
    }

    private func checkEnd(_ history: SampleHistory) throws {
        let done = history.unitCount(endingBy: log.frontier.nextOffset)
        let expected = done == 0 ? nil : history.units[done - 1]
        guard !isInUnit, order == expected?.lastOrder ?? -1 else {
            throw ConformanceFailure(
                "a reader ends after delivery \(order)\(isInUnit ? " inside a unit" : "")"
                    + ", the log holds \((expected?.lastOrder ?? -1) + 1)"
            )
        }
    }

    private func take(_ frame: FrameView, _ history: SampleHistory) throws {
        let header = frame.header
        guard let index = history.index(of: header.firstOffset), let known = history.frames[index].order,
            let unit = history.frames[index].unit.map({ history.units[$0] })
        else { throw ConformanceFailure("was never appended, or its group was dropped (invariants 3, 8)") }
        let expected = history.frames[index]
        let isCompacted = frame.horizon != nil
        guard isCompacted ? known > order : known == order + 1 else {
            throw ConformanceFailure("has place \(known) in the order, after \(order) (invariants 3, 8)")
        }
        order = known
        let closing = history.frames[unit.frames[unit.frames.count - 1]]
        guard header.kind == expected.kind, header.group == expected.group, header.endOffset == expected.end,
            header.transaction == expected.transaction, frame.closing.transaction == closing.transaction
        else { throw ConformanceFailure("\(header) is not \(expected.kind) \(expected.transaction) (invariant 3)") }
        firsts.insert(header.firstOffset)
        try takeRecords(frame, expected)
        for relation in frame.relations ?? [] where header.kind == .generation {
            if let table = SampleTable.table(relation) { state.clear(table) }
        }
        if decodesSchemas, let id = expected.schema {
            guard let found = frame.schema, found.id == id, found.schema == log.schema(id) else {
                throw ConformanceFailure("does not hold schema \(id)")
            }
        }
        isInUnit = frame.continues
        if frame.continues {
            guard isCompacted || header.firstOffset != closing.first else {
                throw ConformanceFailure("ends its unit and says that more follows (invariant 8)")
            }
        } else {
            try checkUnitEnd(frame, unit)
        }
    }

    private func checkUnitEnd(_ frame: FrameView, _ unit: SampleHistory.Unit) throws {
        guard frame.progress == unit.end, reader.progress == unit.end else {
            throw ConformanceFailure("ends a unit at \(frame.header.endOffset), not at \(unit.end) (invariant 8)")
        }
        if let horizon = frame.horizon {
            guard horizon.offset == unit.end, horizon.position == unit.source, horizon.time == unit.sourceTime else {
                throw ConformanceFailure("\(horizon) at \(unit.end), where the source was at \(unit.source)")
            }
        }
        guard state.fingerprint == unit.state.fingerprint else {
            throw ConformanceFailure("the folded rows are not what the source had (invariants 1, 2, 5, 7)")
        }
    }

    private func takeRecords(_ frame: FrameView, _ expected: SampleHistory.Frame) throws {
        let isCompacted = frame.horizon != nil
        var last = frame.header.firstOffset.rawValue - 1
        var count = 0
        for (index, bytes) in frame.records.enumerated() {
            let offset = frame.offset(of: bytes, at: index)
            let place = Int(offset.rawValue - frame.header.firstOffset.rawValue)
            guard offset.rawValue > last, place < expected.records.count else {
                throw ConformanceFailure("a record with offset \(offset) after \(last) (invariant 3)")
            }
            last = offset.rawValue
            count += 1
            let (table, columns) = try layout(bytes.schemaID)
            let record = SampleRecord(bytes, of: table, columns)
            let original = expected.records[place]
            guard isCompacted ? record.isLeft(of: original) : record.isSame(as: original) else {
                throw ConformanceFailure("at \(offset): \(record)\nis not \(original) (invariant 3)")
            }
            records.insert(offset)
            if table.hasKey, record.operation == .delete || record.operation == .truncate { tombstoneCount += 1 }
            try state.apply(record, asState: isCompacted)
        }
        guard isCompacted || count == expected.records.count else {
            throw ConformanceFailure("holds \(count) of \(expected.records.count) records (invariant 9)")
        }
    }

    private func layout(_ id: SchemaID) throws -> (SampleTable, [Column]) {
        if let known = columns[id] { return known }
        guard let schema = log.schema(id), let table = SampleTable.table(schema.relationID) else {
            throw ConformanceFailure("schema \(id) is not in the log")
        }
        columns[id] = (table, schema.columns)
        return (table, schema.columns)
    }
}

extension SampleRecord {
    func isSame(as other: SampleRecord) -> Bool {
        operation == other.operation && table.id == other.table.id && schema == other.schema && new == other.new
            && unchanged == other.unchanged && old == other.old && oldIsIdentityOnly == other.oldIsIdentityOnly
    }

    /// Whether compaction may have made this of `original`: a partial row completed, an old row gone or down to its key, or an update
    /// of the key down to the delete that it also is.
    func isLeft(of original: SampleRecord) -> Bool {
        guard table.id == original.table.id, schema == original.schema else { return false }
        if let old, old != original.old {
            let keyColumns = Set(table.key.map { Int16($0 + 1) })
            guard let before = original.old, old == before.only({ keyColumns.contains($0) }) else { return false }
        }
        if operation == .delete, original.operation == .update {
            return new == nil && original.endedKey != nil && oldKey == original.endedKey
        }
        guard operation == original.operation, operation != .delete || oldKey == original.oldKey else { return false }
        if unchanged.isEmpty, !original.unchanged.isEmpty { return new == original.full }
        return new == original.new && unchanged == original.unchanged
    }
}
