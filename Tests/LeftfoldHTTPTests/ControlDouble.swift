import Relational
import Synchronization
import ViewMaintenance

/// A control surface that answers what a test gives it and notes what it was asked.
final class ControlDouble: DaemonControl {
    struct Answers: Sendable {
        var health = DaemonHealth(isHealthy: true, isReady: true, reason: "ok")
        var wait = StatusBoard.WaitResult.reached
        var report: Result<ApplyReport, MaintenanceError> = .success(ApplyReport())
        var hold: Result<HoldReport, MaintenanceError> = .success(
            HoldReport(ticket: 7, frontierLsn: "0/10", frontierOffset: 3)
        )
        var isReleased = true
        var shortage: Status.Failure?
        var compaction: Status.Log.Compaction?
        var tailError: MaintenanceError?
        var state: Status.FoldState?
        var memory: Status.Memory?
    }

    private struct Unforeseen: Error {}

    let answers = Mutex(Answers())
    private let asked = Mutex<[String]>([])

    var calls: [String] { asked.withLock { $0 } }

    private func note(_ call: String) { asked.withLock { $0.append(call) } }

    func status() async -> Status {
        var source = Status.Source(kind: "postgres", state: "streaming", slot: "a\"b\\c", publication: "p")
        source.lagBytes = 12
        var view = Status.View(name: "by_customer", store: "main", state: .live)
        view.rows = 4
        view.frontierLsn = "0/20"
        var broken = Status.View(name: "myView", store: "main", state: .error)
        broken.error = Status.Failure(code: "division_by_zero", message: "a row raises it", offset: 9)
        var status = Status(
            version: "9",
            source: source,
            log: Status.Log(
                id: "x",
                firstOffset: 0,
                nextOffset: 5,
                horizon: 0,
                bytes: 100,
                segments: 1,
                durableLsn: "0/20"
            ),
            stores: ["myStore": Status.Store(kind: "sqlite", location: "views.db", state: "open")],
            views: [view, broken]
        )
        status.log.compaction = answers.withLock { $0.compaction }
        status.state = answers.withLock { $0.state }
        status.memory = answers.withLock { $0.memory }
        if let shortage = answers.withLock({ $0.shortage }) {
            status.log.state = "waiting"
            status.log.error = shortage
        }
        return status
    }

    func health() async -> DaemonHealth { answers.withLock { $0.health } }

    func wait(for lsn: LSN, view: String?, timeout: Duration) async -> StatusBoard.WaitResult {
        note("wait \(lsn) \(view ?? "-") \(timeout)")
        return answers.withLock { $0.wait }
    }

    func apply(_ request: ApplyRequest) async throws -> ApplyReport {
        note("apply \(request.allowDrops)" + (request.previous == .asBefore ? "" : " \(request.previous)"))
        return try answers.withLock { $0.report }.get()
    }

    func rebuild(_ request: RebuildRequest) async throws -> ApplyReport {
        var call = "rebuild \(request.views.joined(separator: "+"))"
        if request.isRepair { call += " repair" }
        if request.isRollback { call += " rollback" }
        if let bytes = request.bytesPerSecond { call += " \(bytes) B/s" }
        note(call)
        return try answers.withLock { $0.report }.get()
    }

    func cancelRebuild() async throws -> UnfinishedRebuild? {
        note("cancel rebuild")
        return UnfinishedRebuild(asked: [], views: ["a", "b"], reason: .rebuild, since: "2026-01-02T03:04:05Z")
    }

    func hold(at lsn: LSN?) async throws -> HoldReport {
        note("hold \(lsn.map(\.description) ?? "-")")
        return try answers.withLock { $0.hold }.get()
    }

    func release(_ ticket: UInt64) async -> Bool {
        note("release \(ticket)")
        return answers.withLock { $0.isReleased }
    }

    func note(_ verification: ViewVerification) async throws {
        note(
            "verified \(verification.view) \(verification.version) \(verification.lsn) \(verification.share) "
                + "\(verification.differenceCount)"
        )
    }

    func schemas() async -> [RelationSchema] { [] }

    func logReport() async -> LogReport { fatalError("no test asks for it: its log would have to be there") }

    func compact(_ relation: String?, isDryRun: Bool) async throws -> CompactionOutcome {
        note("compact \(relation ?? "-") \(isDryRun)")
        throw MaintenanceError(.refused, "relation notes has no key")
    }

    func tail(from offset: Offset, limit: Int, patience: Duration) async throws -> LogTailPage {
        note("tail \(offset) \(limit) \(patience)")
        if let error = answers.withLock({ $0.tailError }) { throw error }
        guard offset.rawValue < 1000 else { throw Unforeseen() }
        return LogTailPage(lines: ["{}"], nextOffset: 8)
    }
}
