import EventLog
import Relational

extension SampleRun where Reader: ~Copyable {
    /// Does one random thing to the log.
    func step() throws {
        if log == nil { return try reopen() }
        switch source.number(0..<32) {
        case 0..<9: try commitRandomly()
        case 9: try commitRandomly(kind: .application)
        case 10, 11: try appendPart()
        case 12: try closePart()
        case 13, 14: try appendSnapshot()
        case 15: try closeSnapshot()
        case 16: try alter()
        case 17: try appendPlain()
        case 18: try follow()
        case 19: try closeAndReopen()
        case 20: try verify()
        case 21, 22: try moveCursors()
        case 23: clock += source.microseconds(0..<2 * SampleTable.day)
        case 24: try startScan()
        case 25: try advanceScans(frameCount: source.number(1..<12))
        case 26..<29: try compact()
        default: try flush()
        }
        // What an append had to flush by itself is confirmed as well.
        if let log, fixture.faults?.isStopped != true { confirmed = max(confirmed, log.frontier.nextOffset) }
    }

    /// Another schema for a table that no open group has touched.
    private func alter() throws {
        let table = SampleTable.all[source.number(0..<SampleTable.all.count)]
        let version = source.number(0..<4)
        guard !groups.contains(where: { $0.tables.contains(table.id) }) else { return }
        versions[table.id] = version
        schemaIDs[table.id] = nil
    }

    private func startScan() throws {
        let log = try open
        guard scans.count < 4 else { return }
        let count = history.unitCount(endingBy: log.frontier.nextOffset)
        let after = source.chance(1, of: 2) ? 0 : source.number(0..<count + 1)
        try permittingPassed(after == 0 ? .zero : history.units[after - 1].end) {
            scans.append(try SampleScan<Reader>(log, history, after: after))
        }
    }

    // MARK: Cursors

    private func moveCursors() throws {
        let log = try open
        let count = history.unitCount(endingBy: log.frontier.nextOffset)
        guard count > 0 else { return }
        let name = ["store main", "store other", "subscription items"][source.number(0..<3)]
        if source.chance(1, of: 6) { return try removeCursor(name) }
        // Half of them go to the end, so that tombstones may leave.
        let unit = source.chance(1, of: 2) ? count - 1 : source.number(0..<count)
        try noteCursor(name, history.units[unit].end)
    }

    /// Moves a cursor; one that is to move back stays where it is.
    func noteCursor(_ name: String, _ offset: Offset) throws {
        fixture.willBegin(.movingCursors)
        defer { fixture.willBegin(.running) }
        let before = cursors[name]
        let goal = max(offset, before?.offset ?? .zero)
        cursors[name] = Cursor(
            offset: before?.offset ?? .zero,
            other: goal,
            movedAt: before?.movedAt ?? clock,
            mayBeExpired: before?.mayBeExpired ?? true
        )
        do {
            try open.noteCursors([LogCursor(name: name, offset: offset, movedAt: clock)])
        } catch let error as LogError where error.code == .diskFull {
            cursors[name] = before
            throw error
        }
        cursors[name] = Cursor(offset: goal, movedAt: goal == before?.offset ? before?.movedAt ?? clock : clock)
        try checkCursors(open)
    }

    private func removeCursor(_ name: String) throws {
        fixture.willBegin(.movingCursors)
        defer { fixture.willBegin(.running) }
        cursors[name]?.mayBeExpired = true
        try open.removeCursor(name)
        cursors[name] = nil
        if try open.cursors.contains(where: { $0.name == name }) {
            throw ConformanceFailure("cursor \(name) was removed and is there")
        }
    }

    /// The lowest cursor that holds tombstones whatever happens; those with a chance to be expired are noted as such.
    private func holdingOffset(_ options: CompactionOptions) -> Offset {
        var lowest = Offset(.max)
        for name in cursors.keys.sorted() {
            guard var cursor = cursors[name] else { continue }
            if options.now - cursor.movedAt >= options.maxHold || options.maxHoldByteCount != .max {
                cursor.mayBeExpired = true
                cursors[name] = cursor
            }
            if !cursor.mayBeExpired { lowest = min(lowest, cursor.offset) }
        }
        return lowest
    }

    // MARK: Compaction

    private func randomOptions() -> CompactionOptions {
        // The clock of the machine jumps a day in either direction now and then.
        let jump = [0, 0, 0, 0, SampleTable.day, -SampleTable.day][source.number(0..<6)]
        var options = CompactionOptions(now: clock + jump)
        options.retention = SampleTable.retention(compactingAudit: source.chance(1, of: 8))
        if source.chance(1, of: 6) { options.only = [SampleTable.all[source.number(0..<7)].id] }
        options.isForced = source.chance(1, of: 3)
        options.minLag = [0, 0, 60_000_000, 600_000_000][source.number(0..<4)]
        options.maxLag = [SampleTable.day, 600_000_000, .max / 4][source.number(0..<3)]
        options.minAge = [0, 3_600_000_000, SampleTable.day][source.number(0..<3)]
        options.maxHold = [7 * SampleTable.day, 7 * SampleTable.day, SampleTable.day / 2][source.number(0..<3)]
        if source.chance(1, of: 8) { options.maxHoldByteCount = Int64(source.number(0..<4000)) }
        options.keyMapByteLimit = [300, 1000, 5000, 1 << 20][source.number(0..<4)]
        return options
    }

    /// One run of compaction with random knobs, or with those that were set.
    func compact() throws {
        var options = randomOptions()
        let ending = source.chance(1, of: 6) ? source.number(0..<20) : .max
        if let compaction {
            options = compaction
            options.now = compaction.now + clock
        }
        _ = try compact(options, endingAfter: ending)
        if source.chance(1, of: 2) { try verify() }
    }

    /// One run of compaction, which is told to end after some reports of progress; checks what can be said at once.
    @discardableResult
    func compact(_ options: CompactionOptions, endingAfter: Int = .max) throws -> CompactionReport {
        let log = try open
        let holding = holdingOffset(options)
        leave.add(options, below: holding)
        let before = log.horizon.offset
        var told = 0
        var fault: String?
        fixture.willBegin(.compacting)
        defer { fixture.willBegin(.running) }
        let report = try log.compact(options) { progress in
            told += 1
            if progress.bytesDone < 0 || progress.bytesDone > progress.bytesTotal { fault = "\(progress)" }
            return told <= endingAfter
        }
        count("runs")
        if let fault { throw ConformanceFailure("progress cannot be: \(fault)") }
        try checkHorizon(from: before, options, holding)
        if report.bytesAfter < report.bytesBefore { count("smaller") }
        if report.tombstonesDropped > 0 { count("tombstones") }
        return report
    }

    private func checkHorizon(from before: Offset, _ options: CompactionOptions, _ holding: Offset) throws {
        let log = try open
        let after = log.horizon
        confirmed = max(confirmed, log.frontier.nextOffset)
        guard after.offset >= before, after.offset <= log.frontier.nextOffset else {
            throw ConformanceFailure("the horizon moved from \(before) to \(after.offset)")
        }
        horizon = after.offset
        guard after.offset > before else { return }
        count("moved")
        let below = history.units.prefix(history.unitCount(endingBy: after.offset))
        guard let last = below.last, last.end == after.offset else {
            throw ConformanceFailure("the horizon \(after.offset) is no end of a unit (invariant 8)")
        }
        let isCrossed = history.units.dropFirst(below.count).contains { unit in
            unit.frames.contains { history.frames[$0].first < after.offset }
        }
        let isOpen = groups.contains { group in
            history.frames.contains { $0.group == group.id && $0.first < after.offset }
        }
        guard !isCrossed, !isOpen else {
            throw ConformanceFailure("a transaction or snapshot crosses the horizon \(after.offset) (invariant 8)")
        }
        // Frames of dropped groups count too: their bytes are to go as well.
        let isLate = history.frames.contains { frame in
            frame.first < after.offset && frame.kind.hasRecords && frame.transaction.commitTime != 0
                && frame.transaction.commitTime <= options.now - options.maxLag
        }
        guard options.isForced || isLate || after.offset <= holding else {
            throw ConformanceFailure("the horizon \(after.offset) passes the cursor at \(holding) (invariant 6)")
        }
    }
}
