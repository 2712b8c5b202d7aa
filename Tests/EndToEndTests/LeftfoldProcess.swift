import Foundation
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Synchronization
import Testing

@testable import LocalPostgres

/// The real program as a child process.
///
/// A guard shell starts it and waits: for its end, or for the end of this process, which kills the program. Safe from any thread.
final class LeftfoldProcess: Sendable {
    /// What a program that has ended said.
    struct Result {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Beside the running test bundle.
    static let programPath: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("leftfold").path
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        let first = URL(
            fileURLWithPath: CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        )
        return first.deletingLastPathComponent().appendingPathComponent("leftfold").path
    }()

    private static let guardScript = """
        exec 3<&0
        files=$1; shift
        "$@" >"$files.out" 2>"$files.err" </dev/null 3<&- & child=$!
        echo "$child" >"$files.tmp" && mv "$files.tmp" "$files.pid"
        { read -r _ <&3; kill -9 "$child"; } 2>/dev/null & watch=$!
        wait "$child"; status=$?
        kill -9 "$watch" 2>/dev/null
        exit "$status"
        """

    private struct State {
        var child: ChildProcess
        var status: Int32?
    }

    private let files: String
    private let state: Mutex<State>

    /// Starts `leftfold` in `folder` with nothing else in its environment than `environment` and a path.
    init(_ arguments: [String], in folder: String, environment: [String: String] = [:]) throws {
        let files = "\(folder)/.process-\(UUID().uuidString.prefix(8))"
        self.files = files
        let variables = environment.merging(["PATH": "/usr/bin:/bin", "HOME": folder]) { given, _ in given }
        let words =
            ["/bin/sh", "-c", Self.guardScript, "guard", files, "/usr/bin/env", "-i"]
            + variables.map { "\($0.key)=\($0.value)" }.sorted() + [Self.programPath] + arguments
        state = Mutex(State(child: try ChildProcess(words, keepsOutput: false, directory: folder), status: nil))
    }

    deinit {
        if hasEnded == nil { kill() }
        // Nobody asks for what it said any more.
        for suffix in ["out", "err", "pid"] { unlink("\(files).\(suffix)") }
    }

    var output: String { (try? String(contentsOfFile: files + ".out", encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOfFile: files + ".err", encoding: .utf8)) ?? "" }

    /// Its exit status (128 and the signal's number when a signal ended it), or nil while it runs.
    var hasEnded: Int32? {
        state.withLock { state in
            if let status = state.status { return status }
            var raw: Int32 = 0
            guard waitpid(state.child.processID, &raw, WNOHANG) == state.child.processID else { return nil }
            let status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
            state.status = status
            state.child.endInput()
            return status
        }
    }

    /// SIGKILL. Does nothing to a program that has ended.
    func kill() { send(SIGKILL) }

    /// SIGTERM. Does nothing to a program that has ended.
    func terminate() { send(SIGTERM) }

    /// Ends a daemon as an operator does.
    func stop() async throws {
        terminate()
        let ended = try await end(within: .seconds(20))
        #expect(ended.status == 0, "\(ended)")
    }

    private func send(_ signal: Int32) {
        for _ in 0..<500 where hasEnded == nil {
            if let text = try? String(contentsOfFile: files + ".pid", encoding: .utf8),
                let processID = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
            {
                _ = Glibc.kill(processID, signal)
                return
            }
            usleep(10_000)
        }
    }

    /// Waits for its end; one that does not end in time is killed and reported.
    func end(within limit: Duration = .seconds(60)) async throws -> Result {
        let deadline = ContinuousClock.now + limit
        while true {
            if let status = hasEnded { return Result(status: status, output: output, errors: errors) }
            if ContinuousClock.now > deadline {
                kill()
                Issue.record("leftfold did not end within \(limit)\n\(output)\(errors)")
                return Result(status: -1, output: output, errors: errors)
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
