import Relational

/// One run of compaction: survey, plan, rewrite, and the end of the clean part.
struct CompactionRun {
    let log: EventLog
    let options: CompactionOptions
    let pace: CompactionPace
    /// Only looks, and tells what it would do.
    let isDry: Bool

    func run() throws(LogError) -> CompactionReport {
        let bound = CompactionBound(log, options)
        if !isDry { try bound.sealActiveSegment() }
        let scope = try bound.scope()
        var report = CompactionReport()
        report.horizon = log.horizon.offset
        guard !scope.segments.isEmpty else { return report }
        do throws(LogError) {
            try run(scope, cursorOffset: bound.cursorOffset, &report)
        } catch  where error.code == LogError.compactionCancelled.code {
            report.horizon = max(report.horizon, log.horizon.offset)
        }
        return report
    }

    private func run(_ scope: CompactionScope, cursorOffset: Offset, _ report: inout CompactionReport) throws(LogError)
    {
        report.bytesBefore = scope.segments.byteCount
        report.bytesAfter = report.bytesBefore
        report.segmentsRead = scope.segments.count
        var survey = CompactionSurvey(scope, options, pace: pace, cursorOffset: cursorOffset)
        try survey.run()
        note(survey, &report)
        let plan = CompactionPlan(
            scope,
            survey.findings,
            byteTarget: Int64(log.options.segmentByteTarget),
            takesSpareFrames: options.only == nil
        )
        let horizon = LogHorizon(offset: scope.end, position: survey.findings.position, time: survey.findings.time)
        pace.expect(plan.groups.reduce(0) { $0 + scope.segments[$1].byteCount }, in: .rewrite)
        var rewriter = SegmentRewriter(scope)
        for group in plan.groups {
            let new = try write(group, scope, survey, &rewriter)
            if !isDry { try swap(scope.segments[group], for: new, horizon, survey.findings.floor) }
            report.segmentsWritten += 1
            report.bytesAfter += new.byteCount - scope.segments[group].byteCount
            report.recordsAfter = report.recordsBefore - rewriter.recordsRemoved
        }
        report.horizon = horizon.offset
        if !isDry { try finish(scope, horizon, survey) }
        try pace.report()
    }

    private func note(_ survey: borrowing CompactionSurvey, _ report: inout CompactionReport) {
        report.recordsBefore = survey.findings.records
        report.recordsAfter = survey.findings.records
        report.tombstonesDropped = survey.findings.tombstonesDropped
        report.tombstonesLeft = survey.findings.tombstones - survey.findings.tombstonesGone
        report.passes = survey.passes
        report.keyMapPeakByteCount = survey.keyMapPeakByteCount
    }

    private func write(
        _ group: Range<Int>,
        _ scope: CompactionScope,
        _ survey: borrowing CompactionSurvey,
        _ rewriter: inout SegmentRewriter
    ) throws(LogError) -> Segment {
        let old = scope.segments[group]
        let segment = Segment(
            first: old[group.lowerBound].first,
            end: old[group.upperBound - 1].end,
            byteCount: 0,
            revision: isDry ? 1 : log.makeRevision()
        )
        var output = try SegmentOutput(segment, of: log, pace: pace, isWritten: !isDry)
        try rewriter.rewrite(group, survey, into: &output)
        return try output.finish()
    }

    private func swap(
        _ old: ArraySlice<Segment>,
        for new: Segment,
        _ horizon: LogHorizon,
        _ floor: Offset
    ) throws(LogError) {
        let groups = log.nextGroupID
        do throws(LogError) {
            try log.swapSegments(old, for: new, horizon: horizon) { manifest in
                manifest.floor = max(manifest.floor, floor)
                manifest.groups = max(manifest.groups, groups)
            }
        } catch {
            // A manifest that found no space was not put in place, and nobody will ever read the new file.
            if error.code == .diskFull { try? log.fileSystem.remove(new.path(in: log.directory)) }
            throw error
        }
    }

    /// Moves `clean` and the horizon up to the end of the part.
    private func finish(
        _ scope: CompactionScope,
        _ horizon: LogHorizon,
        _ survey: borrowing CompactionSurvey
    ) throws(LogError) {
        let kept = survey.rules.relations.filter { $0.rule != .keyed }.map(\.id).sorted()
        let tombstones = survey.findings.tombstones - survey.findings.tombstonesGone
        let floor = survey.findings.floor
        let groups = log.nextGroupID
        let segments = log.allSegments
        let isFull = options.only == nil
        try log.replaceManifest { manifest in
            if horizon.offset > manifest.horizon.offset { manifest.horizon = horizon }
            manifest.segments = segments.filter { $0.end <= manifest.horizon.offset && $0.end > $0.first }
            manifest.floor = max(manifest.floor, floor)
            manifest.groups = max(manifest.groups, groups)
            guard isFull else { return }
            manifest.clean = horizon.offset
            manifest.kept = kept
            manifest.tombstones = tombstones
        }
    }
}

extension EventLog {
    fileprivate var nextGroupID: UInt64 { monitor.withLock { state.history.groups.nextID } }
}
