import EventLog
import Relational
import TestSupport
import Testing

/// Which records live below the horizon, computed the long way round.
private struct NaiveSurvivors {
    private struct Found {
        var offset: Offset
        var isKept: Bool
        /// The key that it puts a row at, and the one that it takes a row from.
        var put: String?
        var take: String?
        /// Columns that it lacks, by attribute number.
        var missing: Set<Int16>
        var isDead = [false, false]
    }

    private(set) var offsets: [Offset] = []

    /// `log` was not compacted yet.
    init(_ log: EventLog, below horizon: Offset, kept: Set<RelationID>) throws {
        var reader = try LogReader(log, from: .zero)
        var found: [Found] = []
        var relations: [RelationID: [Int]] = [:]
        while let frame = try reader.next(), frame.closing.offset < horizon {
            for relation in frame.relations ?? [] where frame.header.kind == .generation {
                for index in relations[relation] ?? [] { found[index].isDead = [true, true] }
            }
            for (index, record) in frame.records.enumerated() {
                guard let schema = log.schema(record.schemaID) else { continue }
                let isKept = kept.contains(schema.relationID)
                if record.operation == .truncate, !isKept {
                    for index in relations[schema.relationID] ?? [] { found[index].isDead = [true, true] }
                }
                relations[schema.relationID, default: []].append(found.count)
                found.append(Self.found(record, schema, frame.offset(of: record, at: index), isKept))
            }
        }
        Self.supersede(&found)
        offsets = found.filter { $0.isDead != [true, true] }.map(\.offset).sorted()
    }

    private static func found(_ record: ChangeRecord, _ schema: RelationSchema, _ offset: Offset, _ isKept: Bool)
        -> Found
    {
        var found = Found(offset: offset, isKept: isKept, missing: [])
        guard !isKept else { return found }
        func key(_ row: RowView) -> String {
            "\(schema.relation) \(schema.keyColumns) "
                + schema.keyColumns.map { "\(row.int($0))" }.joined(separator: "/")
        }
        found.put = record.newRow.map(key)
        found.take = record.oldRow.map(key)
        if found.take == found.put { found.take = nil }
        let hasOwn = record.oldRow != nil && !record.oldRowIsIdentityOnly
        if !hasOwn {
            for index in 0..<record.unchangedCount {
                found.missing.insert(schema.columns[record.unchangedColumn(at: index)].attributeNumber)
            }
        }
        if found.put == nil, record.operation != .truncate { found.isDead[0] = true }
        if found.take == nil, record.operation != .truncate { found.isDead[1] = true }
        return found
    }

    /// A role is dead when a later record says something of its key; but what a living partial record lacks and nobody can give it stays.
    private static func supersede(_ found: inout [Found]) {
        for index in found.indices where !found[index].isKept {
            let later = found[(index + 1)...]
            if let key = found[index].put, later.contains(where: { $0.put == key || $0.take == key }) {
                found[index].isDead[0] = true
            }
            if let key = found[index].take, later.contains(where: { $0.put == key || $0.take == key }) {
                found[index].isDead[1] = true
            }
        }
    }
}

@Suite struct CompactionSurvivorsTests {
    @Test(arguments: UInt64(0)..<60)
    func `what lives is the latest of each key, as a naive model has it`(seed: UInt64) throws {
        do {
            // Without changes of the key's columns every partial record can be completed.
            let history = try CompactionHistory(
                seed: seed,
                segmentByteTarget: seed % 2 == 0 ? 700 : 1 << 20,
                altersTables: false
            )
            try history.run(steps: 300)
            try history.settle()
            let kept: Set<RelationID> = [CompactionHistory.tables[2], CompactionHistory.tables[3]]
            var options = CompactionOptions(now: 1 << 60)
            options.retention.relations[QualifiedName(schema: "public", name: "t4")] = .keep
            options.minAge = .max
            options.isForced = true
            if seed % 3 == 0 { options.keyMapByteLimit = 500 }
            let horizon = history.log.frontier.nextOffset
            let expected = try NaiveSurvivors(history.log, below: horizon, kept: kept)
            let report = try history.log.compact(options)
            #expect(report.horizon == horizon, "seed \(seed)")
            #expect(try history.log.recordOffsets() == expected.offsets, "seed \(seed)")
            #expect(report.recordsAfter == expected.offsets.count, "seed \(seed): \(report)")
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }
}

extension EventLog {
    /// The offsets of all records that a reader gets, ascending.
    func recordOffsets(of relation: RelationID? = nil) throws -> [Offset] {
        var reader = try LogReader(self, from: .zero)
        var offsets: [Offset] = []
        while let frame = try reader.next() {
            for (index, record) in frame.records.enumerated()
            where relation == nil || schema(record.schemaID)?.relationID == relation {
                offsets.append(frame.offset(of: record, at: index))
            }
        }
        return offsets.sorted()
    }
}
