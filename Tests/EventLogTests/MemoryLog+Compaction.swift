import EventLog
import Relational

@testable import TestSupport

extension MemoryLog {
    func compact(
        _ options: CompactionOptions,
        proceed: (CompactionProgress) -> Bool = { _ in true }
    ) throws(LogError) -> CompactionReport {
        var report = CompactionReport()
        report.horizon = medium.horizon.offset
        if isBroken { return report }
        if options.isForced { _ = try flush() }
        guard proceed(CompactionProgress(step: .survey, bytesDone: 0, bytesTotal: 1)) else {
            isBroken = defect == .staysBrokenAfterFailure
            return report
        }
        let count = eligibleCount(options)
        let eligible = medium.units.prefix(count)
        let frames = medium.image + eligible.flatMap(\.frames)
        guard let last = frames.last else { return report }
        do {
            var survey = MemorySurvey(self, options)
            for frame in frames { try survey.take(frame) }
            let (image, floor) = survey.image(last)
            report.recordsBefore = frames.reduce(0) { $0 + $1.header.recordCount }
            report.recordsAfter = image.reduce(0) { $0 + $1.header.recordCount }
            report.bytesBefore = frames.reduce(0) { $0 + Int64($1.payload.slab.count) }
            report.bytesAfter = image.reduce(0) { $0 + Int64($1.payload.slab.count) }
            report.tombstonesDropped = survey.droppedCount
            try host.call(needsSpace: true)
            if defect == .swapsInTwoSteps {
                medium.image = image
                try host.call(needsSpace: false)
            }
            medium.image = image
            medium.units.removeFirst(count)
            medium.floor = max(medium.floor, floor)
        } catch let error as LogError {
            isBroken = defect == .staysBrokenAfterFailure
            throw error
        } catch {
            throw LogError(.corrupt, "\(error)")
        }
        if let unit = eligible.last { moveHorizon(to: unit.end, frames) }
        report.horizon = medium.horizon.offset
        _ = proceed(CompactionProgress(step: .rewrite, bytesDone: 1, bytesTotal: 1))
        return report
    }

    private func moveHorizon(to end: Offset, _ frames: [MemoryMedium.Frame]) {
        var horizon = LogHorizon(offset: end, position: medium.horizon.position, time: medium.horizon.time)
        for frame in frames {
            let position = frame.header.commitEnd
            switch frame.header.kind {
            case .commit, .position, .snapshotComplete:
                guard position.lsn > horizon.position.lsn else { continue }
                horizon.position = position
                horizon.time = frame.header.commitTime
            default: continue
            }
        }
        medium.horizon = horizon
    }

    /// The lowest cursor that holds.
    func holdingOffset(_ options: CompactionOptions) -> Offset {
        if defect == .ignoresCursors { return Offset(.max) }
        let holding = medium.cursors.filter { cursor in
            let age = options.now - cursor.movedAt
            return age <= (defect == .trustsTheClock ? SampleTable.day / 2 : options.maxHold)
        }
        return holding.map(\.offset).min() ?? Offset(.max)
    }

    /// How many units may come below the horizon.
    private func eligibleCount(_ options: CompactionOptions) -> Int {
        let holding = holdingOffset(options)
        var isFree = options.isForced || defect == .compactsTooHigh
        var count = 0
        for (index, unit) in medium.units.enumerated() {
            let isYoung = unit.time > options.now - options.minLag
            if isYoung, !options.isForced, defect != .ignoresLeastLag { break }
            // What is too old does not wait for cursors.
            let isLate = unit.hasRecords && unit.time <= options.now - options.maxLag
            if isLate, defect != .ignoresGreatestLag { isFree = true }
            guard isFree || unit.end <= holding else { continue }
            if !isCrossed(unit.end) || defect == .cutsOpenTransactions { count = index + 1 }
        }
        return count
    }
}

/// One pass over everything below the new horizon: what is the last of its key, and what may go.
private struct MemorySurvey {
    private struct Entry {
        var frame: Int
        var offset: Offset
        var time: Int64
        var unitEnd: Offset
        var record: SampleRecord
        /// Whether its row, and the end of a key that it tells, are the last of their keys.
        var hasRow = false
        var hasTombstone = false
    }

    private let log: MemoryLog
    private let options: CompactionOptions
    private var frames: [MemoryMedium.Frame] = []
    private var entries: [Entry] = []
    private var touches: [RelationID: [[Datum]: (entry: Int, isRow: Bool)]] = [:]
    private var truncates: [RelationID: Int] = [:]
    private var state = SampleState()
    private(set) var droppedCount = 0

    init(_ log: MemoryLog, _ options: CompactionOptions) {
        self.log = log
        self.options = options
    }

    mutating func take(_ frame: MemoryMedium.Frame) throws {
        frames.append(frame)
        let view = FrameView(
            header: frame.header,
            payload: frame.payload.slab.bytes,
            continues: false,
            closing: frame.closing
        )
        for relation in view.relations ?? [] where frame.header.kind == .generation {
            if let table = SampleTable.table(relation) { clear(table) }
        }
        for (index, bytes) in view.records.enumerated() {
            guard let schema = log.schema(bytes.schemaID), let table = SampleTable.table(schema.relationID) else {
                throw ConformanceFailure("schema \(bytes.schemaID) is gone")
            }
            let record = SampleRecord(bytes, of: table, schema.columns)
            let offset = view.offset(of: bytes, at: index)
            try take(
                Entry(
                    frame: frames.count - 1,
                    offset: offset,
                    time: frame.closing.transaction.commitTime,
                    unitEnd: frame.unitEnd,
                    record: record
                )
            )
        }
    }

    private func compacts(_ table: SampleTable) -> Bool {
        if !table.hasKey { return log.defect == .compactsWithoutKey }
        if let only = options.only, !only.contains(table.id) { return false }
        switch options.retention.requested(for: table.name) {
        case .compact: return true
        case .keep: return log.defect == .compactsWhatKeeps
        case .time, .size: return false
        }
    }

    private mutating func take(_ new: Entry) throws {
        var entry = new
        let index = entries.count
        let record = entry.record
        let table = record.table
        if !record.unchanged.isEmpty, log.defect != .leavesPartialRecords, compacts(table),
            let key = record.oldKey ?? record.newKey, let elder = state.row(table, key)
        {
            for attribute in record.unchanged { entry.record.new?[attribute] = elder[attribute] }
            entry.record.unchanged = []
        }
        if log.defect != .leavesPartialRecords { try state.apply(entry.record, asState: true) }
        entries.append(entry)
        guard compacts(table) else {
            entries[index].hasRow = true
            entries[index].hasTombstone = true
            return
        }
        guard table.hasKey else { return }
        if record.operation == .truncate {
            clear(table)
            truncates[table.id] = index
            entries[index].hasTombstone = true
        }
        if let ended = record.endedKey, log.defect != .forgetsEndOfChangedKey || record.operation == .delete {
            touch(table, ended, index, isRow: false)
        }
        if let key = record.newKey { touch(table, key, index, isRow: true) }
    }

    private mutating func touch(_ table: SampleTable, _ key: [Datum], _ index: Int, isRow: Bool) {
        if let before = touches[table.id]?[key] { end(before.entry, isRow: before.isRow) }
        touches[table.id, default: [:]][key] = (index, isRow)
        if isRow { entries[index].hasRow = true } else { entries[index].hasTombstone = true }
    }

    private mutating func end(_ entry: Int, isRow: Bool) {
        let isKept = log.defect == .dependsOnKeyMap && options.keyMapByteLimit < 1000
        if isRow { entries[entry].hasRow = isKept } else { entries[entry].hasTombstone = false }
    }

    private mutating func clear(_ table: SampleTable) {
        guard compacts(table), table.hasKey else { return }
        for touch in (touches.removeValue(forKey: table.id) ?? [:]).values { end(touch.entry, isRow: touch.isRow) }
        if let before = truncates.removeValue(forKey: table.id) { entries[before].hasTombstone = false }
        state.clear(table)
    }

    /// Where a reader has to be to have seen a record.
    private func seenEnd(_ entry: Entry) -> Offset {
        log.defect == .countsByRecord ? Offset(entry.offset.rawValue + 1) : entry.unitEnd
    }

    /// What is left, and the end of the highest tombstone that is not.
    mutating func image(_ last: MemoryMedium.Frame) -> ([MemoryMedium.Frame], floor: Offset) {
        var floor = Offset.zero
        let holding = log.holdingOffset(options)
        for index in entries.indices where entries[index].hasTombstone && compacts(entries[index].record.table) {
            let entry = entries[index]
            let isOld = entry.time <= options.now - options.minAge && seenEnd(entry) <= holding
            guard isOld && log.defect != .keepsTombstones || log.defect == .dropsTombstonesAtOnce else { continue }
            entries[index].hasTombstone = false
            droppedCount += 1
            floor = max(floor, seenEnd(entry))
        }
        if log.defect == .forgetsLatestRecord, let index = entries.lastIndex(where: { $0.hasRow && $0.time % 7 == 0 }) {
            entries[index].hasRow = false
        }
        var left: [MemoryMedium.Frame] = []
        var next = 0
        for (index, frame) in frames.enumerated() {
            let start = next
            while next < entries.count, entries[next].frame == index { next += 1 }
            let kept = entries[start..<next].filter { $0.hasRow || $0.hasTombstone }
            let stays =
                switch frame.header.kind {
                case .schema, .generation, .snapshotComplete: true
                default: !kept.isEmpty || frame.header.group != .none
                }
            if stays || frame.header.firstOffset == last.header.firstOffset { left.append(rewrite(frame, Array(kept))) }
        }
        return (left, floor)
    }

    private func rewrite(_ frame: MemoryMedium.Frame, _ kept: [Entry]) -> MemoryMedium.Frame {
        guard frame.header.kind.hasRecords else { return frame }
        var slab = ByteSlab()
        for entry in kept {
            var record = entry.record
            if compacts(record.table) { strip(&record, entry) }
            let place = slab.count
            record.encode(log.schema(record.schema)?.columns ?? [], into: &slab)
            slab.store(UInt32(entry.offset.rawValue - frame.header.firstOffset.rawValue), at: place + 12)
        }
        var left = frame
        left.header.isSparse = true
        left.header.recordCount = kept.count
        left.payload = MemoryPayload(slab.bytes)
        return left
    }

    /// Takes away what is not needed of a record below the horizon.
    private func strip(_ record: inout SampleRecord, _ entry: Entry) {
        let keyColumns = Set(record.table.key.map { Int16($0 + 1) })
        if entry.hasTombstone, !entry.hasRow, record.operation == .update {
            record.operation = .delete
            record.new = nil
            record.unchanged = []
        }
        record.old = entry.hasTombstone ? record.old?.only { keyColumns.contains($0) } : nil
        record.oldIsIdentityOnly = record.old != nil
    }
}
