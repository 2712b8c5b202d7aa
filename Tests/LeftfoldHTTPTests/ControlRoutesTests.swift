import Foundation
import LeftfoldHTTP
import Logging
import ServiceLifecycle
import Synchronization
import Testing
import ViewMaintenance

/// Serves a double on a socket of its own while `body` works.
private func serving(
    _ control: ControlDouble,
    in folder: Folder = Folder(),
    _ body: @escaping @Sendable (UnixClient) async throws -> Void
) async throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let service = ControlService(control, socketPath: folder.socket, logger: logger)
    let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: logger))
    let client = UnixClient(path: folder.socket)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        tasks.addTask {
            for _ in 0..<1000 {
                if (try? await client.send("GET", "/healthz")) != nil { break }
                try await Task.sleep(for: .milliseconds(5))
            }
            do {
                try await body(client)
            } catch {
                Issue.record(error)
            }
            await group.triggerGracefulShutdown()
        }
        try await tasks.waitForAll()
    }
}

/// A temporary folder that goes with the test.
private final class Folder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "lf-http-" + UUID().uuidString.prefix(8)
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var socket: String { path + "/leftfold.sock" }
}

private func failure(_ answer: UnixClient.Answer) throws -> ControlFailure.Reason {
    try JSONDecoder().decode(ControlFailure.self, from: Data(answer.body.utf8)).error
}

@Suite struct ControlRoutesTests {
    @Test func `status is JSON with snake_case keys; names of stores and views stay as they are`() async throws {
        try await serving(ControlDouble()) { client async throws in
            let answer = try await client.send("GET", "/status")
            #expect(answer.status == 200)
            #expect(answer.head.lowercased().contains("content-type: application/json"))
            #expect(answer.body.contains(#""durable_lsn":"0/20""#))
            #expect(answer.body.contains(#""stores":{"myStore":{"#))
            #expect(answer.body.contains(#""name":"myView""#))
            #expect(
                answer.body.contains(#""error":{"code":"division_by_zero","message":"a row raises it","offset":9}"#)
            )
        }
    }

    @Test func `health and readiness are status codes`() async throws {
        let control = ControlDouble()
        try await serving(control) { client async throws in
            #expect(try await client.send("GET", "/healthz").status == 200)
            #expect(try await client.send("GET", "/readyz").status == 200)
            control.answers.withLock {
                $0.health = DaemonHealth(isHealthy: true, isReady: false, reason: "v: building")
            }
            #expect(try await client.send("GET", "/healthz").status == 200)
            let ready = try await client.send("GET", "/readyz")
            #expect(ready.status == 503 && ready.body == "v: building\n")
            control.answers.withLock { $0.health = DaemonHealth(isHealthy: false, isReady: false, reason: "no log") }
            #expect(try await client.send("GET", "/healthz").status == 503)
        }
    }

    @Test func `a log that waits for space shows in status and metrics`() async throws {
        let control = ControlDouble()
        try await serving(control) { client async throws in
            #expect(try await client.send("GET", "/status").body.contains(#""state":"open""#))
            #expect(try await client.send("GET", "/metrics").body.contains("\nleftfold_log_waiting_for_space 0\n"))
            control.answers.withLock {
                $0.shortage = Status.Failure(code: "disk_full", message: "no space: /data/log", hint: "free space")
            }
            let status = try await client.send("GET", "/status").body
            #expect(
                status.contains(#""error":{"code":"disk_full","hint":"free space","message":"no space: /data/log"}"#)
                    && status.contains(#""state":"waiting""#)
            )
            #expect(try await client.send("GET", "/metrics").body.contains("\nleftfold_log_waiting_for_space 1\n"))
        }
    }

    @Test func `who holds what of the memory shows in status and metrics`() async throws {
        let control = ControlDouble()
        try await serving(control) { client async throws in
            #expect(try await client.send("GET", "/metrics").body.contains("leftfold_memory_") == false)
            control.answers.withLock {
                $0.memory = .init(
                    budget: 8,
                    holders: [.init("store \"x\"", bytes: 3, limit: 4), .init("unwritten", bytes: 5)]
                )
            }
            let status = try await client.send("GET", "/status").body
            let holders = #"{"bytes":3,"limit":4,"name":"store \"x\""},{"bytes":5,"name":"unwritten"}"#
            #expect(status.contains(#""memory":{"budget":8,"holders":["# + holders + "]}"), "\(status)")
            let metrics = try await client.send("GET", "/metrics").body
            for line in [
                "memory_budget_bytes 8", #"memory_bytes{holder="store \"x\""} 3"#,
                #"memory_bytes{holder="unwritten"} 5"#,
                #"memory_limit_bytes{holder="store \"x\""} 4"#,
            ] {
                #expect(metrics.contains("\nleftfold_\(line)\n"), "no \(line) in \(metrics)")
            }
            #expect(!metrics.contains(#"memory_limit_bytes{holder="unwritten"}"#))
        }
    }

    @Test func `the state and why checkpoints fail show in status and metrics`() async throws {
        let control = ControlDouble()
        try await serving(control) { client async throws in
            #expect(try await client.send("GET", "/metrics").body.contains("leftfold_state_") == false)
            control.answers.withLock {
                var state = Status.FoldState(restart: Replay(records: 12, bytes: 345))
                state.bytesOnDisk = 6
                state.bytesInMemory = 7
                state.checkpoint = .init(offset: 4, lsn: "0/10", ageMs: 9)
                $0.state = state
            }
            var metrics = try await client.send("GET", "/metrics").body
            for line in [
                "state_disk_bytes 6", "state_memory_bytes 7", "checkpoint_offset 4",
                "checkpoint_age_milliseconds 9", "checkpoint_failing 0", "restart_records 12", "restart_bytes 345",
            ] {
                #expect(metrics.contains("\nleftfold_\(line)\n"), "no \(line)")
            }
            #expect(!metrics.contains("leftfold_state_disk_limit_bytes"))
            control.answers.withLock {
                $0.state?.checkpoint = nil
                $0.state?.diskLimit = 10
                $0.state?.error = .init(message: "no space", hint: "free some", since: "2026-01-01T00:00:00Z")
            }
            let status = try await client.send("GET", "/status").body
            for part in [
                #""error":{"hint":"free some","message":"no space","since":"2026-01-01T00:00:00Z"}"#,
                #""restart":{"bytes":345,"records":12}"#, #""bytes_on_disk":6"#,
            ] { #expect(status.contains(part), "no \(part) in \(status)") }
            metrics = try await client.send("GET", "/metrics").body
            for line in ["state_disk_limit_bytes 10", "checkpoint_failing 1", "checkpoint_offset 0"] {
                #expect(metrics.contains("\nleftfold_\(line)\n"), "no \(line)")
            }
        }
    }

    @Test func `compaction shows in status and metrics, and is asked for by a route`() async throws {
        let control = ControlDouble()
        try await serving(control) { client async throws in
            #expect(try await client.send("GET", "/status").body.contains(#""compaction":"#) == false)
            #expect(try await client.send("GET", "/metrics").body.contains("leftfold_compaction_") == false)
            control.answers.withLock {
                var compaction = Status.Log.Compaction()
                compaction.state = .failed
                compaction.failedRuns = 3
                compaction.error = Status.Failure(code: "disk_full", message: "no space")
                $0.compaction = compaction
            }
            let status = try await client.send("GET", "/status").body
            #expect(status.contains(#""failed_runs":3"#) && status.contains(#""state":"failed""#), "\(status)")
            let metrics = try await client.send("GET", "/metrics").body
            for line in [
                "leftfold_log_horizon 0", "leftfold_compaction_running 0", "leftfold_compaction_failing 1",
                "# TYPE leftfold_compaction_failed_runs_total counter", "leftfold_compaction_failed_runs_total 3",
            ] {
                #expect(metrics.contains("\n\(line)\n"), "no \(line)")
            }
            let refused = try await client.send("POST", "/log/compact?now=notes&dry_run=yes")
            #expect(refused.status == 409)
            #expect(try failure(refused).code == "refused")
            #expect(try await client.send("POST", "/log/compact").status == 409)
            #expect(try await client.send("POST", "/log/compact?dry_run=no").status == 400)
            #expect(control.calls == ["compact notes true", "compact - false"])
        }
    }

    @Test func `a wait answers 200, 408 or 409, and takes its parameters`() async throws {
        let control = ControlDouble()
        try await serving(control) { client async throws in
            #expect(try await client.send("GET", "/wait?lsn=0/10&view=a%20b&timeout=0.5").status == 200)
            #expect(try await client.send("GET", "/wait?lsn=0/10").status == 200)
            #expect(control.calls == ["wait 0/10 a b 0.5 seconds", "wait 0/10 - 5.0 seconds"])
            control.answers.withLock { $0.wait = .timedOut }
            let timeout = try await client.send("GET", "/wait?lsn=0/10&timeout=1")
            #expect(timeout.status == 408)
            #expect(try failure(timeout).code == "timeout")
            control.answers.withLock { $0.wait = .failed("view \"v\" is in state error") }
            let failed = try await client.send("GET", "/wait?lsn=0/10")
            #expect(failed.status == 409)
            #expect(try failure(failed).message == "view \"v\" is in state error")
        }
    }

    @Test(arguments: [
        ("GET", "/wait"), ("GET", "/wait?lsn=10"), ("GET", "/wait?lsn=0/10&timeout=-1"),
        ("GET", "/wait?lsn=0/10&timeout=nan"), ("GET", "/wait?lsn=0/10&timeout=soon"), ("POST", "/hold?lsn=x"),
        ("POST", "/release"), ("POST", "/release?ticket=-1"), ("POST", "/apply?drop=maybe"),
        ("POST", "/apply?previous=all"), ("POST", "/rebuild?cancel=no"), ("POST", "/rebuild?rollback=no"),
        ("GET", "/log/tail?from=x"), ("GET", "/log/tail?from=-1"), ("GET", "/log/tail?limit=0"),
        ("GET", "/log/tail?limit=100001"), ("GET", "/log/tail?patience=61"), ("GET", "/log/tail?patience=nan"),
    ])
    func `a parameter that cannot be read is refused and nothing is asked of the daemon`(
        method: String,
        target: String
    ) async throws {
        let control = ControlDouble()
        try await serving(control) { client async throws in
            let answer = try await client.send(method, target)
            #expect(answer.status == 400)
            #expect(try failure(answer).code == "usage")
            #expect(try failure(answer).message.hasPrefix("parameter "))
            #expect(control.calls.isEmpty)
        }
    }

    @Test func `apply and rebuild answer with their report or the daemon's own error`() async throws {
        let control = ControlDouble()
        try await serving(control) { client async throws in
            control.answers.withLock { answers in
                var report = ApplyReport()
                report.created = ["v"]
                report.failed = ["myView": Status.Failure(code: "store", message: "no")]
                answers.report = .success(report)
            }
            let applied = try await client.send("POST", "/apply")
            #expect(applied.status == 200)
            #expect(applied.body.contains(#""created":["v"]"#) && applied.body.contains(#""failed":{"myView":"#))
            #expect(applied.body.contains(#""frontier_lsn":"0/0""#))
            _ = try await client.send("POST", "/apply?drop=yes")
            _ = try await client.send("POST", "/apply?previous=keep")
            _ = try await client.send("POST", "/rebuild?views=a,b")
            _ = try await client.send("POST", "/rebuild")
            _ = try await client.send("POST", "/rebuild?views=a&repair=yes&bytes_per_second=2000")
            _ = try await client.send("POST", "/rebuild?views=a&rollback=yes")
            let given = try await client.send("POST", "/rebuild?cancel=yes")
            #expect(given.status == 200 && given.body.contains(#""views":["a","b"]"#))
            #expect(
                control.calls == [
                    "apply false", "apply true", "apply false keep", "rebuild a+b", "rebuild ",
                    "rebuild a repair 2000 B/s", "rebuild a rollback", "cancel rebuild",
                ]
            )
            for path in ["/rebuild?repair=no", "/rebuild?bytes_per_second=0", "/verified?view=a", "/verified"] {
                #expect(try await client.send("POST", path).status == 400)
            }
            let verified = "/verified?view=a&version=f0&lsn=0/A0&share=0.5&differences=2"
            #expect(try await client.send("POST", verified).status == 200)
            #expect(control.calls.last == "verified a f0 0/A0 0.5 2")
            for (code, status) in [
                (MaintenanceError.Code.definition, 409), (.unknownName, 404), (.timeout, 408), (.stopping, 503),
            ] {
                control.answers.withLock {
                    $0.report = .failure(MaintenanceError(code, "no", detail: "because", hint: "leftfold plan"))
                }
                let answer = try await client.send("POST", "/rebuild")
                #expect(answer.status == status)
                let reason = try failure(answer)
                #expect(reason.code == code.name && reason.message == "no")
                #expect(reason.detail == "because" && reason.hint == "leftfold plan")
            }
        }
    }

    @Test func `hold and release carry the ticket, and a hold that was over is told`() async throws {
        let control = ControlDouble()
        try await serving(control) { client async throws in
            let held = try await client.send("POST", "/hold")
            #expect(held.body == #"{"frontier_lsn":"0/10","frontier_offset":3,"stores_away":[],"ticket":7}"#)
            #expect(try await client.send("POST", "/hold?lsn=0/20").status == 200)
            #expect(try await client.send("POST", "/release?ticket=7").status == 200)
            control.answers.withLock { $0.isReleased = false }
            #expect(try await client.send("POST", "/release?ticket=7").status == 409)
            #expect(control.calls == ["hold -", "hold 0/20", "release 7", "release 7"])
        }
    }

    @Test func `errors of every kind are JSON`() async throws {
        let control = ControlDouble()
        try await serving(control) { client async throws in
            let page = try await client.send("GET", "/log/tail?from=3&limit=2&patience=0")
            #expect(page.body == #"{"lines":["{}"],"next_offset":8}"#)
            let unforeseen = try await client.send("GET", "/log/tail?from=1000")
            #expect(unforeseen.status == 500)
            #expect(try failure(unforeseen).code == "internal")
            let unknown = try await client.send("GET", "/nothing")
            #expect(unknown.status == 404)
            #expect(try failure(unknown).code == "not_found")
        }
    }

    @Test func `metrics are Prometheus text with escaped labels`() async throws {
        try await serving(ControlDouble()) { client async throws in
            let answer = try await client.send("GET", "/metrics")
            #expect(answer.head.contains("text/plain; version=0.0.4"))
            let lines = answer.body.split(separator: "\n")
            #expect(lines.contains(#"leftfold_source_lag_bytes{slot="a\"b\\c"} 12"#))
            #expect(lines.contains(#"leftfold_store_open{store="myStore",kind="sqlite"} 1"#))
            #expect(lines.contains(#"leftfold_store_failures{store="myStore",kind="sqlite"} 0"#))
            #expect(lines.contains(#"leftfold_view_rows{view="by_customer",store="main"} 4"#))
            #expect(lines.contains(#"leftfold_view_live{view="myView",store="main"} 0"#))
            #expect(lines.contains("leftfold_log_next_offset 5"))
            #expect(!answer.body.contains("leftfold_slot_retained_wal_bytes"))
            var declared: Set<Substring> = []
            for line in lines where !line.isEmpty {
                if line.hasPrefix("# TYPE ") {
                    declared.insert(line.split(separator: " ")[2])
                } else if !line.hasPrefix("#") {
                    let name = line.prefix { $0 != "{" && $0 != " " }
                    #expect(declared.contains(name) && Int(line.split(separator: " ").last ?? "") != nil)
                }
            }
        }
    }
}

@Suite struct ControlServiceTests {
    private func mode(_ path: String) -> mode_t? {
        var found = stat()
        return lstat(path, &found) == 0 ? found.st_mode : nil
    }

    @Test func `the socket is its owner's alone and goes with the service`() async throws {
        let folder = Folder()
        try await serving(ControlDouble(), in: folder) { [self] _ async throws in
            #expect(mode(folder.socket) == S_IFSOCK | 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["leftfold.sock"])
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func `a socket and a folder left by a killed daemon are replaced`() async throws {
        let folder = Folder()
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(folder.socket.utf8)) }
        // The C API takes the generic address: the cast is how sockaddr_un is passed.
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        close(descriptor)
        #expect(bound == 0)
        try FileManager.default.createDirectory(atPath: folder.path + "/.leftfold.s", withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: folder.path + "/.leftfold.s/s"))
        try await serving(ControlDouble(), in: folder) { client async throws in
            #expect(try await client.send("GET", "/healthz").status == 200)
        }
    }

    @Test func `a file that is no socket is never removed, and a path that no socket can have is refused`() async throws
    {
        let folder = Folder()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: folder.socket))
        let logger = Logger(label: "test")
        await #expect(throws: MaintenanceError.self) {
            try await ControlService(ControlDouble(), socketPath: folder.socket, logger: logger).run()
        }
        #expect(try String(contentsOfFile: folder.socket, encoding: .utf8) == "precious")
        let long = folder.path + "/" + String(repeating: "x", count: 120)
        await #expect(throws: MaintenanceError.self) {
            try await ControlService(ControlDouble(), socketPath: long, logger: logger).run()
        }
    }
}
