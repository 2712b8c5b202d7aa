public import EventLog
import Relational

/// One run of compaction that somebody asks for, or the daemon finds due.
public struct CompactionJob: Sendable {
    public var log: EventLog
    public var settings: CompactionSettings
    /// The name of the only relation to touch, at once and waiting for nobody; nil for a run over all of them.
    public var relation: String?
    /// Whether the run only looks at what it would do.
    public var isDryRun = false

    public init(log: EventLog, settings: CompactionSettings, relation: String? = nil, isDryRun: Bool = false) {
        self.log = log
        self.settings = settings
        self.relation = relation
        self.isDryRun = isDryRun
    }

    /// Runs to its end, or until `proceed` says that it is over.
    ///
    /// - Throws: `MaintenanceError` for a relation that is not in the log or cannot be compacted; what the log throws.
    public func perform(proceed: (CompactionProgress) -> Bool = { _ in true }) throws -> CompactionOutcome {
        var options = settings.options
        options.now = settings.now()
        if let relation {
            options.only = [try target(relation)]
            options.isForced = true
        }
        let begun = ContinuousClock.now
        let report =
            isDryRun
            ? try log.surveyCompaction(options, proceed: proceed) : try log.compact(options, proceed: proceed)
        var outcome = CompactionOutcome(report, isDryRun: isDryRun, relation: relation)
        outcome.durationMs = Int64((ContinuousClock.now - begun) / .milliseconds(1))
        if report.tombstonesLeft > 0 { outcome.cursors = CursorReport.all(of: log, options) }
        return outcome
    }

    /// The relation of that name, with or without its schema.
    private func target(_ name: String) throws(MaintenanceError) -> RelationID {
        let schemas = log.newestSchemas
        let found = schemas.filter { schema in
            let full = "\(schema.name.schema).\(schema.name.name)"
            return name == full || name == schema.name.description || name == schema.name.name
        }
        guard let schema = found.first, found.count == 1 else {
            let known = schemas.map(\.name.description).sorted().joined(separator: ", ")
            throw MaintenanceError(
                .unknownName,
                found.isEmpty ? "the log has no relation \"\(name)\"" : "\"\(name)\" is the name of several relations",
                detail: known.isEmpty ? "it has none yet" : "it has \(known)",
                hint: "give one of them: leftfold log compact --now NAME"
            )
        }
        guard !schema.keyColumns.isEmpty else {
            throw MaintenanceError(
                .refused,
                "relation \(schema.name) has no key, so each of its records is kept",
                hint: "give it a primary key on the server"
            )
        }
        guard settings.options.retention.policy(for: schema) == .compact else {
            throw MaintenanceError(
                .refused,
                "relation \(schema.name) is not compacted: its retention says otherwise",
                hint: "set 'retention:' in leftfold.yaml to compact"
            )
        }
        return schema.relationID
    }
}

/// What a run of compaction did, or would do.
public struct CompactionOutcome: Codable, Sendable {
    public var isDryRun: Bool
    /// The only relation that was touched; nil for all.
    public var relation: String?
    public var horizon: Int64
    public var segmentsRead: Int
    public var segmentsWritten: Int
    /// Bytes and records of the segments that were looked at.
    public var bytesBefore: Int64
    public var bytesAfter: Int64
    public var recordsBefore: Int
    public var recordsAfter: Int
    public var tombstonesDropped: Int
    public var tombstonesLeft: Int
    /// Who reads the log, when tombstones are left.
    public var cursors: [CursorReport] = []
    public var passes: Int
    public var keyMapPeakBytes: Int
    public var durationMs: Int64 = 0

    init(_ report: CompactionReport, isDryRun: Bool, relation: String?) {
        self.isDryRun = isDryRun
        self.relation = relation
        horizon = report.horizon.rawValue
        segmentsRead = report.segmentsRead
        segmentsWritten = report.segmentsWritten
        bytesBefore = report.bytesBefore
        bytesAfter = report.bytesAfter
        recordsBefore = report.recordsBefore
        recordsAfter = report.recordsAfter
        tombstonesDropped = report.tombstonesDropped
        tombstonesLeft = report.tombstonesLeft
        passes = report.passes
        keyMapPeakBytes = report.keyMapPeakByteCount
    }
}

/// Somebody who reads the log, as `log stat` shows him.
public struct CursorReport: Codable, Sendable, Equatable {
    public var name: String
    public var offset: Int64
    /// Since the cursor has moved.
    public var ageSeconds: Int64
    /// Bytes of the segments above it.
    public var bytesBehind: Int64
    /// Whether it has stood too long, or too far behind, to hold anything.
    public var isExpired: Bool

    /// Every cursor of a log, the oldest place first.
    static func all(of log: EventLog, _ options: CompactionOptions) -> [CursorReport] {
        let segments = log.statistics.segments
        return log.cursors.sorted { ($0.offset, $0.name) < ($1.offset, $1.name) }.map { cursor in
            let age = max(options.now.subtractingReportingOverflow(cursor.movedAt).partialValue, 0)
            let behind = segments.filter { $0.firstOffset >= cursor.offset }.reduce(0) { $0 + $1.byteCount }
            return CursorReport(
                name: cursor.name,
                offset: cursor.offset.rawValue,
                ageSeconds: age / 1_000_000,
                bytesBehind: behind,
                isExpired: age > options.maxHold || behind > options.maxHoldByteCount
            )
        }
    }
}
