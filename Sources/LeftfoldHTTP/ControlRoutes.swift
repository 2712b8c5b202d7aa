public import Hummingbird
import Relational
public import ViewMaintenance

/// The routes of the daemon: `/status`, `/wait`, `/healthz`, `/readyz`, `/metrics`, and the ones the commands use.
///
/// Errors are JSON `{error: {code, message, detail?, hint?}}` with a 4xx or 5xx status. A parameter that cannot be read is an error, never
/// its default.
public struct ControlRoutes: Sendable {
    private let control: any DaemonControl

    public init(_ control: any DaemonControl) {
        self.control = control
    }

    /// Adds the routes to a router.
    public func add(to router: Router<BasicRequestContext>) {
        router.add(middleware: ControlErrors())
        addProbes(to: router)
        addCommands(to: router)
        addLog(to: router)
    }

    private func addProbes(to router: Router<BasicRequestContext>) {
        router.get("status") { _, _ in try ControlAnswer.json(await control.status()) }
        router.get("healthz") { _, _ in
            let health = await control.health()
            return ControlAnswer.text(
                health.isHealthy ? "ok\n" : health.reason + "\n",
                health.isHealthy ? .ok : .serviceUnavailable
            )
        }
        router.get("readyz") { _, _ in
            let health = await control.health()
            let isReady = health.isHealthy && health.isReady
            return ControlAnswer.text(isReady ? "ready\n" : health.reason + "\n", isReady ? .ok : .serviceUnavailable)
        }
        router.get("metrics") { _, _ in
            ControlAnswer.text(
                PrometheusText.render(await control.status()),
                .ok,
                type: "text/plain; version=0.0.4; charset=utf-8"
            )
        }
        router.get("wait") { request, _ in try await wait(Parameters(request)) }
    }

    private func addCommands(to router: Router<BasicRequestContext>) {
        router.post("apply") { request, _ in
            try ControlAnswer.json(await control.apply(ApplyRequest(Parameters(request))))
        }
        router.post("rebuild") { request, _ in
            let cancel = Parameters(request).text("cancel")
            guard cancel == nil || cancel == "yes" else { throw Parameters.unreadable("cancel", "is not yes") }
            if cancel == "yes" { return try ControlAnswer.json(await control.cancelRebuild()) }
            return try ControlAnswer.json(await control.rebuild(RebuildRequest(Parameters(request))))
        }
        router.post("verified") { request, _ in
            try await control.note(ViewVerification(Parameters(request)))
            return ControlAnswer.text("", .ok)
        }
        router.post("hold") { request, _ in
            let lsn = try Parameters(request).lsn("lsn")
            return try ControlAnswer.json(await control.hold(at: lsn))
        }
        router.post("release") { request, _ in
            guard let ticket = try Parameters(request).number("ticket", as: UInt64.self) else {
                throw Parameters.unreadable("ticket", "is missing")
            }
            guard await control.release(ticket) else {
                return ControlAnswer.failure(
                    "fold",
                    "the hold was over before it was released",
                    detail: "what was read meanwhile may be of a later LSN",
                    hint: "try again",
                    .conflict
                )
            }
            return ControlAnswer.text("", .ok)
        }
    }

    private func addLog(to router: Router<BasicRequestContext>) {
        router.get("schemas") { _, _ in try ControlAnswer.json(await control.schemas()) }
        router.get("log/stat") { _, _ in try ControlAnswer.json(await control.logReport()) }
        router.post("log/compact") { request, _ in
            let parameters = Parameters(request)
            let dryRun = parameters.text("dry_run")
            guard dryRun == nil || dryRun == "yes" else { throw Parameters.unreadable("dry_run", "is not yes") }
            return try ControlAnswer.json(
                await control.compact(parameters.text("now"), isDryRun: dryRun == "yes")
            )
        }
        router.get("log/tail") { request, _ in
            let parameters = Parameters(request)
            let from = try parameters.number("from", as: Int64.self, in: 0...Int64.max) ?? 0
            let limit = try parameters.number("limit", as: Int.self, in: 1...100_000) ?? 1000
            let patience = try parameters.number("patience", as: Double.self, in: 0...60) ?? 0
            return try ControlAnswer.json(
                await control.tail(from: Offset(from), limit: limit, patience: .seconds(patience))
            )
        }
    }

    private func wait(_ parameters: Parameters) async throws -> Response {
        guard let lsn = try parameters.lsn("lsn") else { throw Parameters.unreadable("lsn", "is missing") }
        let seconds = try parameters.number("timeout", as: Double.self, in: 0...86_400) ?? 5
        switch await control.wait(for: lsn, view: parameters.text("view"), timeout: .seconds(seconds)) {
        case .reached: return ControlAnswer.text("", .ok)
        case .timedOut:
            return ControlAnswer.failure(
                "timeout",
                "\(lsn) was not reached within \(seconds) s",
                hint: "see: leftfold status",
                .requestTimeout
            )
        case .failed(let reason):
            return ControlAnswer.failure("view", reason, hint: "see: leftfold status", .conflict)
        case .unknown(let reason):
            return ControlAnswer.failure(
                MaintenanceError.Code.unknownName.name,
                reason,
                hint: "see the views with: leftfold status",
                .notFound
            )
        }
    }
}

/// The query parameters of a request.
struct Parameters {
    private let request: Request

    init(_ request: Request) { self.request = request }

    func text(_ name: String) -> String? { request.uri.queryParameters[Substring(name)].map(String.init) }

    /// - Throws: 400 for a text that is no LSN.
    func lsn(_ name: String) throws(HTTPError) -> LSN? {
        guard let text = text(name) else { return nil }
        guard let lsn = LSN(parsing: text) else {
            throw Self.unreadable(name, "is not an LSN such as 0/16B3748")
        }
        return lsn
    }

    /// - Throws: 400 for a text that is no number, or one out of range.
    func number<Number: LosslessStringConvertible & Comparable>(
        _ name: String,
        as type: Number.Type,
        in range: ClosedRange<Number>? = nil
    ) throws(HTTPError) -> Number? {
        guard let text = text(name) else { return nil }
        guard let number = Number(text) else { throw Self.unreadable(name, "is not a number") }
        if let range, !range.contains(number) {
            throw Self.unreadable(name, "is not from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    static func unreadable(_ name: String, _ problem: String) -> HTTPError {
        HTTPError(.badRequest, message: "parameter \(name) \(problem)")
    }
}
