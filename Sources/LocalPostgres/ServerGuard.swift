import Synchronization

/// The shell that keeps one `postgres` process, and the pipe whose closing ends both.
final class ServerGuard: Sendable {
    /// Starts the server in the background, waits for the pipe to close, stops the server: again and again, for it does not hear a
    /// signal before its handlers are in place. The folder is deleted here as well, for the case that nobody else is left to do it;
    /// `keep` on the pipe says that somebody is.
    private static let script = """
        directory=$1; shift
        "$@" >>"$directory/server.log" 2>&1 </dev/null &
        server=$!
        trap '' INT TERM HUP
        read -r answer
        while kill -INT "$server" 2>/dev/null; do sleep 0.2; done &
        stopping=$!
        wait "$server"
        kill -KILL "$stopping" 2>/dev/null
        [ "$answer" = keep ] || rm -rf "$directory"
        """

    private let shell: Mutex<ChildProcess>

    /// Starts the server of `postgres`; returns when it accepts connections.
    init(_ postgres: ThrowawayPostgres) throws(LocalPostgresError) {
        let words =
            ["/bin/sh", "-c", Self.script, "sh", postgres.directory, "/usr/bin/env"] + postgres.serverUser.prefix
            + [postgres.binaries.path("postgres")] + postgres.serverArguments
        let logStart = postgres.log.utf8.count
        shell = Mutex(try ChildProcess(words, keepsOutput: false, directory: postgres.directory))
        guard postgres.waitUntilReady(logStart) else {
            end()
            throw LocalPostgresError(
                .startFailed,
                "the server did not start",
                detail: String(postgres.log.suffix(2000))
            )
        }
    }

    /// Stops the server and waits for it; its folder stays.
    func end() {
        shell.withLock { shell in
            shell.endInput("keep\n")
            _ = shell.wait()
        }
    }
}
