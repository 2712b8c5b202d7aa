import EventLog
import Relational

extension SampleRun where Reader: ~Copyable {
    // MARK: Frames

    func position() -> SourcePosition {
        lsn += 8
        return SourcePosition(timeline: 1, lsn: LSN(lsn))
    }

    func header() -> TransactionHeader {
        clock += source.microseconds(0..<120_000_000)
        let position = position()
        return TransactionHeader(
            xid: UInt32(truncatingIfNeeded: position.lsn.rawValue),
            commitEnd: position,
            commitTime: clock
        )
    }

    /// The schema of a table, registered when the log does not have it as the table's newest.
    func schemaID(_ table: SampleTable) throws -> SchemaID {
        if let id = schemaIDs[table.id] { return id }
        let log = try open
        let before = log.currentSchemas[table.id]
        let position = SourcePosition(timeline: 1, lsn: LSN(lsn))
        let id = try log.register(table.schema(version: versions[table.id] ?? 0), readAt: position)
        schemaIDs[table.id] = id
        if id != before {
            try history.append(
                SampleHistory.Frame(
                    kind: .schema,
                    first: history.end,
                    transaction: TransactionHeader(xid: 0, commitEnd: position, commitTime: 0),
                    relations: [table.id],
                    schema: id
                )
            )
        }
        return id
    }

    /// Appends a frame of records; the history has it once the log has taken it.
    func append(_ kind: FrameKind, _ header: TransactionHeader, _ group: GroupID, _ records: [SampleRecord]) throws {
        var slab = ByteSlab()
        for record in records {
            record.encode(record.table.columns(version: versions[record.table.id] ?? 0), into: &slab)
        }
        let first = try open.append(
            kind: kind,
            header: header,
            group: group,
            records: slab,
            recordCount: records.count
        )
        guard first == history.end else {
            throw ConformanceFailure("an append got offset \(first), not \(history.end) (invariant 3)")
        }
        try history.append(
            SampleHistory.Frame(kind: kind, first: first, group: group, transaction: header, records: records)
        )
    }

    /// Appends one transaction of exactly these changes.
    func commit(_ changes: [SampleChange], kind: FrameKind = .commit) throws {
        let records = try makeRecords(changes, group: nil)
        try append(kind, header(), .none, records)
    }

    /// Appends one random transaction.
    func commitRandomly(kind: FrameKind = .commit) throws {
        try append(kind, header(), .none, try randomRecords(source.number(0..<5), group: nil))
    }

    /// Records of changes, each given the rows that those before it leave; changes that cannot be done are left out.
    private func makeRecords(_ changes: [SampleChange], group: Int?) throws -> [SampleRecord] {
        var state = history.state
        for record in group.map({ groups[$0].records }) ?? [] { try state.apply(record, asState: false) }
        var records: [SampleRecord] = []
        for change in changes {
            let id = try schemaID(change.table)
            let version = versions[change.table.id] ?? 0
            guard let record = source.record(change, state, schema: id, version: version) else { continue }
            try state.apply(record, asState: false)
            records.append(record)
        }
        return records
    }

    /// Records of random changes that no other open group forbids.
    private func randomRecords(_ count: Int, group: Int?) throws -> [SampleRecord] {
        var changes: [SampleChange] = []
        for _ in 0..<count {
            let change = source.randomChange(history.state)
            guard isFree(change, for: group) else { continue }
            changes.append(change)
            if let group { lock(change, for: group) }
        }
        return try makeRecords(changes, group: group)
    }

    private func keys(_ change: SampleChange) -> [String] { change.numbers.map { "\(change.table.id) \($0)" } }

    /// As the locks of the source see to it, nobody changes what an open transaction has changed.
    private func isFree(_ change: SampleChange, for group: Int?) -> Bool {
        if case .truncate = change, group != nil { return false }
        let table = change.table
        let isBagChange: Bool = if case .put = change { false } else { !table.hasKey }
        if isBagChange, group != nil { return false }
        for (index, other) in groups.enumerated() where index != group {
            if other.kind == .snapshot, other.tables.contains(table.id) { return false }
            if case .truncate = change, other.tables.contains(table.id) { return false }
            if keys(change).contains(where: other.keys.contains) { return false }
        }
        return true
    }

    private func lock(_ change: SampleChange, for group: Int) {
        groups[group].tables.insert(change.table.id)
        if change.table.hasKey, !change.table.isInsertOnly { groups[group].keys.formUnion(keys(change)) }
    }

    // MARK: Groups

    /// Appends a part of a large transaction, of a new or an open one.
    func appendPart() throws {
        let open = groups.indices.filter { groups[$0].kind == .part }
        var index = open.isEmpty ? nil : open[source.number(0..<open.count)]
        if index == nil || open.count < 2 && source.chance(1, of: 2) {
            groups.append(OpenGroup(id: try self.open.makeGroup(), kind: .part))
            index = groups.count - 1
        }
        guard let index else { return }
        try appendMember(index, try randomRecords(source.number(1..<5), group: index))
    }

    /// Begins a large transaction with a part of exactly these changes.
    func beginPart(_ changes: [SampleChange]) throws {
        groups.append(OpenGroup(id: try open.makeGroup(), kind: .part))
        for change in changes { lock(change, for: groups.count - 1) }
        try appendMember(groups.count - 1, try makeRecords(changes, group: groups.count - 1))
    }

    /// A part may or may not know where its transaction ends.
    private func appendMember(_ index: Int, _ records: [SampleRecord]) throws {
        let header = source.chance(1, of: 2) ? TransactionHeader(xid: 7, commitEnd: .none, commitTime: 0) : header()
        try append(groups[index].kind, header, groups[index].id, records)
        groups[index].records += records
    }

    /// Commits a large transaction.
    func closePart() throws {
        guard let index = groups.firstIndex(where: { $0.kind == .part }) else { return }
        let records = try randomRecords(source.number(0..<3), group: index)
        try append(.commit, header(), groups[index].id, records)
        groups.remove(at: index)
    }

    /// Begins to read a table anew, or goes on with it: what was there before is gone, and nobody changes it meanwhile.
    func appendSnapshot() throws {
        if let index = groups.firstIndex(where: { $0.kind == .snapshot }) {
            guard let table = groups[index].tables.first.flatMap(SampleTable.table) else { return }
            var changes: [SampleChange] = []
            for _ in 0..<source.number(0..<4) {
                let number = source.number(0..<SampleSource.keyCount(table))
                let key = "\(table.id) \(number)"
                if !table.hasKey || groups[index].keys.insert(key).inserted { changes.append(.put(table, number)) }
            }
            return try appendMember(index, try makeRecords(changes, group: index))
        }
        let table = SampleTable.all[source.number(0..<5)]
        guard !groups.contains(where: { $0.tables.contains(table.id) }) else { return }
        if history.state.rowCount(table) > 0 {
            let header = header()
            let first = try open.appendGeneration(relations: [table.id], header: header)
            try note(.generation, first, header, relations: [table.id])
        }
        groups.append(OpenGroup(id: try open.makeGroup(), kind: .snapshot, tables: [table.id]))
    }

    /// Ends a snapshot.
    func closeSnapshot() throws {
        guard let index = groups.firstIndex(where: { $0.kind == .snapshot && !$0.records.isEmpty }) else { return }
        let header = header()
        let group = groups[index].id
        let relations = Array(groups[index].tables)
        let first = try open.appendSnapshotComplete(group: group, relations: relations, header: header)
        try note(.snapshotComplete, first, header, group: group, relations: relations)
        groups.remove(at: index)
    }

    // MARK: Frames without records

    func appendPlain() throws {
        if source.chance(1, of: 2) {
            let header = header()
            let first = try open.appendPosition(header.commitEnd, time: header.commitTime)
            try note(.position, first, TransactionHeader(xid: 0, commitEnd: header.commitEnd, commitTime: clock))
        } else {
            let first = try open.appendClockTick(clock)
            try note(.clockTick, first, TransactionHeader(xid: 0, commitEnd: .none, commitTime: clock))
        }
    }

    private func note(
        _ kind: FrameKind,
        _ first: Offset,
        _ header: TransactionHeader,
        group: GroupID = .none,
        relations: [RelationID] = []
    ) throws {
        guard first == history.end else {
            throw ConformanceFailure("an append got offset \(first), not \(history.end) (invariant 3)")
        }
        try history.append(
            SampleHistory.Frame(kind: kind, first: first, group: group, transaction: header, relations: relations)
        )
    }

    // MARK: Flushing

    /// Makes everything appended durable; what an append had to flush by itself is confirmed too.
    func flush() throws {
        let next = try open.flush().nextOffset
        guard next == history.end else {
            throw ConformanceFailure("flushed up to \(next), the frames end at \(history.end)")
        }
        confirmed = next
    }

    func follow() throws {
        fixture.willBegin(.following)
        defer { fixture.willBegin(.running) }
        var next = identity ?? SourceIdentity(systemIdentifier: "7300000000000000001", timeline: 0)
        next.timeline += 1
        nextIdentity = next
        try open.follow(next)
        identity = next
        nextIdentity = nil
    }
}
