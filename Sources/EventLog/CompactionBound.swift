import Relational

/// How far a run of compaction may go; see `docs/compaction.md`, "When".
struct CompactionBound {
    let log: EventLog
    let options: CompactionOptions
    private let cursors: [LogCursor]

    init(_ log: EventLog, _ options: CompactionOptions) {
        self.log = log
        self.options = options
        let segments = log.allSegments
        cursors = log.cursors.filter { cursor in
            let behind = segments.filter { $0.first >= cursor.offset }.byteCount
            return options.now.minus(cursor.movedAt) <= options.maxHold && behind <= options.maxHoldByteCount
        }
    }

    /// The lowest cursor that holds tombstones; above everything when there is none.
    var cursorOffset: Offset { cursors.map(\.offset).min() ?? Offset(.max) }

    /// Ends the active segment when the run is forced, or when it has records that must be compacted by now; not on a full disk.
    func sealActiveSegment() throws(LogError) {
        if !options.isForced {
            guard let active = log.allSegments.last, active.end > active.first, try isOverdue(active) else { return }
        }
        do throws(LogError) {
            try log.sealActiveSegment()
        } catch {
            // The run may be what gives the log its space back; the next one seals.
            guard error.code == .diskFull else { throw error }
        }
    }

    /// The segments that the run looks at, and how many of them are clean.
    func scope() throws(LogError) -> CompactionScope {
        let manifest = log.manifest
        let sealed = Array(log.allSegments.dropLast())
        var count = sealed.prefix { $0.end <= manifest.horizon.offset }.count
        let known = count
        while count < sealed.count, try isAllowed(sealed[count]) { count += 1 }
        while count > known, try !isUnitEnd(sealed[count - 1]) { count -= 1 }
        let segments = Array(sealed.prefix(count))
        let rules = RelationRules(log.allSchemas, options: options)
        let isNewlyCompact = manifest.kept.contains { id in
            rules.indexes[id].map { rules.relations[$0].rule == .keyed } ?? false
        }
        var clean = isNewlyCompact ? 0 : segments.prefix { $0.end <= manifest.clean }.count
        while clean > 0, log.spansGroup(segments[clean - 1].end) { clean -= 1 }
        return CompactionScope(log: log, segments: segments, cleanCount: clean)
    }

    private func isAllowed(_ segment: Segment) throws(LogError) -> Bool {
        if options.isForced { return true }
        if options.minLag > 0, try newestTime(segment) > options.now.minus(options.minLag) { return false }
        return segment.end <= cursorOffset ? true : try isOverdue(segment)
    }

    /// Whether no transaction or snapshot goes on behind a segment's end, and the last frame is none of a group that nobody closed.
    private func isUnitEnd(_ segment: Segment) throws(LogError) -> Bool {
        if log.spansGroup(segment.end) { return false }
        guard log.hasDroppedGroups else { return true }
        var isMember = false
        _ = try eachFrame(of: segment) { header in
            isMember = header.kind.isGroupMember
            return true
        }
        return !isMember
    }

    private func isOverdue(_ segment: Segment) throws(LogError) -> Bool {
        var oldest: Int64?
        try eachFrame(of: segment) { header in
            if header.commitTime != 0, header.kind.hasRecords { oldest = header.commitTime }
            return oldest == nil
        }
        return oldest.map { $0 < options.now.minus(options.maxLag) } ?? false
    }

    private func newestTime(_ segment: Segment) throws(LogError) -> Int64 {
        var newest = Int64.min
        try eachFrame(of: segment) { header in
            // The rows of a snapshot are as young as its end.
            let counts = header.kind.hasRecords || header.kind == .snapshotComplete
            if header.commitTime != 0, counts { newest = max(newest, header.commitTime) }
            return true
        }
        return newest
    }

    /// Calls `body` with the headers of a segment's frames until it returns false.
    private func eachFrame(of segment: Segment, _ body: (FrameHeader) -> Bool) throws(LogError) {
        let file = try OpenSegment(segment, of: log)
        var cursor = file.cursor(seed: log.seed)
        while true {
            switch try cursor.peek() {
            case .end: return
            case .damaged(let reason): throw .corrupt(reason, at: cursor.place)
            case .frame(let frame):
                guard body(frame.header) else { return }
                cursor.advance(past: frame)
            }
        }
    }
}

extension EventLog {
    var allSegments: [Segment] { monitor.withLock { state.segments } }

    /// Every schema, by id.
    var allSchemas: [RelationSchema] { monitor.withLock { state.history.schemas.versions } }

    var manifest: Manifest { monitor.withLock { state.manifest } }

    /// Whether a group lies across an offset.
    fileprivate func spansGroup(_ offset: Offset) -> Bool {
        monitor.withLock { state.history.groups.eldest(spanning: offset) != nil }
    }

    fileprivate var hasDroppedGroups: Bool { monitor.withLock { !state.history.groups.dropped.isEmpty } }
}
