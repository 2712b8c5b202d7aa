import EventLog
import Relational

/// What the runs of compaction so far were allowed to take away.
struct CompactionLeave {
    /// One for each run: tombstones of units that end by this offset, and are not younger than this time, may have left.
    private var tombstones: [(below: Offset, until: Int64)] = []
    /// Records of `SampleTable.events` up to this time may have left.
    private(set) var agedUntil = Int64.min
    /// Units with a later time are above the horizon.
    private(set) var lagUntil = Int64.min
    /// Whether a run had `compact` for the table that otherwise keeps everything.
    private(set) var hasCompactedAudit = false

    /// Takes note of a run before it begins; `below` is the lowest cursor that must hold.
    mutating func add(_ options: CompactionOptions, below: Offset) {
        tombstones.append((below, options.now - options.minAge))
        agedUntil = max(agedUntil, options.now - SampleTable.day)
        lagUntil = max(lagUntil, options.isForced || options.minLag == 0 ? .max : options.now - options.minLag)
        if options.retention.requested(for: SampleTable.audit.name) == .compact { hasCompactedAudit = true }
    }

    /// Whether a tombstone may have left. Its unit's end counts, not its own offset: a reader between the two has not seen it.
    func mayLeave(_ unit: SampleHistory.Unit) -> Bool {
        tombstones.contains { unit.end <= $0.below && unit.time <= $0.until }
    }

    func keepsAll(of table: SampleTable) -> Bool {
        !table.hasKey || table.retention == .keep && !hasCompactedAudit
    }
}

extension SampleHistory {
    /// The last thing said of a key.
    fileprivate enum Touch {
        case row(Offset)
        case tombstone(Offset, mayLeave: Bool)
    }

    fileprivate struct Survey {
        var touches: [RelationID: [[Datum]: Touch]] = [:]
        var truncates: [RelationID: Touch] = [:]
        var points: [Offset] = []
    }

    /// Points that must stay, being the newest; far fewer than the table's retention holds.
    fileprivate static let pointCount = 32

    /// Checks that what must stay below the horizon is among what a reader from the beginning has got: `records` by offset, `firsts` of frames.
    func checkSurvivors(
        below horizon: Offset,
        _ records: Set<Offset>,
        _ firsts: Set<Offset>,
        _ leave: CompactionLeave
    ) throws {
        var survey = Survey()
        for unit in units.prefix(unitCount(endingBy: horizon)) {
            if unit.time > leave.lagUntil, unit.frames.contains(where: { !frames[$0].records.isEmpty }) {
                let kind = frames[unit.frames[unit.frames.count - 1]].kind
                throw ConformanceFailure("a \(kind) too young lies below the horizon \(horizon) (invariant 9)")
            }
            for index in unit.frames {
                let frame = frames[index]
                if frame.kind == .schema || frame.kind == .generation, !firsts.contains(frame.first) {
                    throw ConformanceFailure("the \(frame.kind) frame at \(frame.first) is gone")
                }
                for relation in frame.relations where frame.kind == .generation {
                    survey.touches[relation] = nil
                    survey.truncates[relation] = nil
                }
                for (index, record) in frame.records.enumerated() {
                    let offset = Offset(frame.first.rawValue + Int64(index))
                    if !survey.note(record, offset, unit, leave) && !records.contains(offset) {
                        throw ConformanceFailure(
                            "\(record.table.name) at \(offset) is gone and must stay (invariants 6, 17)"
                        )
                    }
                }
            }
        }
        try survey.check(records)
    }

    /// The highest offset below which something may have left that superseded what a reader holds; readers at or above it see everything.
    func floor(below horizon: Offset, _ leave: CompactionLeave) -> Offset {
        for unit in units.prefix(unitCount(endingBy: horizon)).reversed() {
            for index in unit.frames {
                let frame = frames[index]
                let canLeave = frame.records.contains { record in
                    let isTombstone = record.operation == .truncate || record.endedKey != nil
                    return record.table.isInsertOnly || isTombstone && leave.mayLeave(unit)
                }
                if canLeave { return unit.end }
            }
        }
        return .zero
    }
}

extension SampleHistory.Survey {
    /// Takes note of a record; false when it must stay whatever comes later.
    fileprivate mutating func note(
        _ record: SampleRecord,
        _ offset: Offset,
        _ unit: SampleHistory.Unit,
        _ leave: CompactionLeave
    ) -> Bool {
        let table = record.table
        if leave.keepsAll(of: table) { return false }
        if table.isInsertOnly {
            if case .time = table.retention { return unit.time <= leave.agedUntil }
            points.append(offset)
            return true
        }
        if record.operation == .truncate {
            touches[table.id] = nil
            truncates[table.id] = .tombstone(offset, mayLeave: leave.mayLeave(unit))
        }
        if let ended = record.endedKey {
            touches[table.id, default: [:]][ended] = .tombstone(offset, mayLeave: leave.mayLeave(unit))
        }
        if let key = record.newKey { touches[table.id, default: [:]][key] = .row(offset) }
        return true
    }

    fileprivate func check(_ records: Set<Offset>) throws {
        for touch in touches.values.flatMap(\.values) + truncates.values {
            switch touch {
            case .row(let offset):
                guard records.contains(offset) else {
                    throw ConformanceFailure("the latest record of a key, at \(offset), is gone (invariant 4)")
                }
            case .tombstone(let offset, let mayLeave):
                guard records.contains(offset) || mayLeave else {
                    throw ConformanceFailure("the tombstone at \(offset) has left too early (invariant 6)")
                }
            }
        }
        for offset in points.suffix(SampleHistory.pointCount) where !records.contains(offset) {
            throw ConformanceFailure("the point at \(offset) is one of the newest, and gone")
        }
    }
}
