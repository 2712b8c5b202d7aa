import Foundation
import PostgresClient
import Relational
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

/// The daemon and the commands as real processes.
extension Follower {
    /// Starts `leftfold` with these arguments and this installation's configuration.
    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> LeftfoldProcess {
        try LeftfoldProcess(arguments + ["--config", configurationPath], in: folder, environment: environment)
    }

    /// Runs a command to its end.
    func leftfold(
        _ arguments: String...,
        environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) async throws -> LeftfoldProcess.Result {
        try await start(arguments, environment: environment).end(within: limit)
    }

    /// Starts `leftfold run` and returns when it streams and every view has left `building`.
    func startDaemon(_ arguments: String...) async throws -> LeftfoldProcess {
        let daemon = try start(["run"] + arguments)
        try await waitUntilStreaming(daemon, appliesFolder: !arguments.contains("--no-apply"))
        return daemon
    }

    /// Waits until the source streams and every view of the folder has been built, or has failed.
    func waitUntilStreaming(_ daemon: LeftfoldProcess, appliesFolder: Bool = true) async throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/views").filter {
            $0.hasSuffix(".sql")
        }
        let names = Set(files.map { String($0.dropLast(4)) })
        try await wait(for: "streaming", daemon) { status in
            // Before the views are known the status has none.
            let isKnown = !appliesFolder || names.isSubset(of: status.views.map(\.name))
            return isKnown && status.source.state == "streaming" && !status.views.contains { $0.state == .building }
        }
    }

    /// Asks the running daemon for its status until it is as wanted.
    @discardableResult
    func wait(
        for what: String,
        _ daemon: LeftfoldProcess,
        within limit: Duration = .seconds(60),
        _ isReached: (Status) -> Bool
    ) async throws -> Status {
        let client = try installation.controlClient
        let deadline = ContinuousClock.now + limit
        var last: Status?
        while true {
            if let code = daemon.hasEnded {
                throw CommandFailure(
                    .dataError,
                    "leftfold run ended with \(code) before it was \(what)",
                    detail: daemon.errors
                )
            }
            // No answer while it starts.
            let status = try await OwnThread.run("e2e-status") { try? client.call("GET", "/status", as: Status.self) }
            if let status, isReached(status) { return status }
            last = status ?? last
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    .dataError,
                    "leftfold run was not \(what) in time",
                    detail: "\(try last.map { try JSONText.render($0) } ?? "no status")\n\(daemon.errors)"
                )
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Waits until the running daemon's views show everything committed so far.
    func catchUp(_ daemon: LeftfoldProcess, _ connection: PostgresConnection) async throws {
        let lsn = try #require(try connection.value("SELECT pg_current_wal_insert_lsn()"))
        let client = try installation.controlClient
        try await OwnThread.run("e2e-wait") {
            try ControlClient.check(client.send("GET", "/wait?lsn=\(lsn)&timeout=60"))
        }
        if let code = daemon.hasEnded {
            throw CommandFailure(.dataError, "leftfold run ended with \(code)", detail: daemon.errors)
        }
    }

    /// Waits until no view is being built: its readers may see an older version until then.
    func catchUpLive(_ daemon: LeftfoldProcess, _ connection: PostgresConnection) async throws {
        try await catchUp(daemon, connection)
        let client = try installation.controlClient
        for _ in 0..<6000 {
            let status = try await OwnThread.run("e2e-status") {
                try client.call("GET", "/status", as: Status.self)
            }
            if status.views.allSatisfy({ $0.state == .live }) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw CommandFailure(.dataError, "not every view is live after a minute")
    }

    /// Records an issue for every view that is not the server's answer; nobody may be writing.
    func expectEqual(
        _ views: [TestView],
        _ connection: PostgresConnection,
        _ place: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let client = try installation.controlClient
        let relations = try await OwnThread.run("e2e-schemas") {
            try client.call("GET", "/schemas", as: [RelationSchema].self)
        }
        for view in views {
            let differences = try differences(view, connection, relations)
            if !differences.isEmpty {
                Issue.record(
                    "\(place): view \(view.name) differs\n\(view.select)\n\(Self.text(differences))",
                    sourceLocation: sourceLocation
                )
            }
        }
    }

    static func text(_ differences: [ViewComparison.Difference]) -> String {
        differences.map { difference in
            let cells = difference.row.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value ?? "NULL")" }
            return "\(difference.kind) ×\(difference.count)  \(cells.joined(separator: "  "))"
        }.joined(separator: "\n")
    }
}
