import Foundation
import Synchronization

/// A Redis server of one's own in a temporary folder, gone when this object is.
///
/// Listens on a unix socket alone. A guard shell starts it and waits on a pipe that only this process holds: when the process ends,
/// in whatever way, the guard kills the server and deletes the folder. It must not `wait`: Foundation's `Process` hands on the
/// starting thread's signal mask, and a shell that waits for its child may then never wake.
public final class ThrowawayRedis: Sendable {
    private static let script = """
        directory=$1; shift
        "$@" >>"$directory/server.log" 2>&1 </dev/null &
        echo "$!" >"$directory/server.pid"
        read -r answer
        kill -9 "$!" 2>/dev/null
        [ "$answer" = keep ] || rm -rf "$directory"
        """

    private struct Running {
        var shell: Process
        var input: Pipe
    }

    /// The folder of everything: socket, data, server log.
    public let directory: String
    private let settings: [String]
    private let running = Mutex<Running?>(nil)
    private let lastDatabase = Mutex(0)

    /// Makes and starts a server whose append-only file is synced by every write; `settings` are further options of redis-server.
    public init(_ settings: [String] = []) throws {
        var template = Array("\(NSTemporaryDirectory())leftfold-redis-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ConformanceFailure("no folder can be made") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.settings = settings
        try start()
    }

    deinit {
        end("remove")
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// The server's unix socket.
    public var socket: String { directory + "/redis.sock" }

    /// The URL of one of its databases.
    public func url(database: Int = 0, user: String = "") -> String {
        "unix://\(user)\(socket)?db=\(database)"
    }

    /// The number of a database that nobody else was given.
    public func makeDatabase() -> Int {
        lastDatabase.withLock { number in
            number += 1
            return number
        }
    }

    /// Ends the server by SIGKILL and keeps its data; `start` goes on with it.
    public func kill() { end("keep") }

    /// Starts a server that was killed; returns when it answers.
    public func start() throws {
        let shell = Process()
        let input = Pipe()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments =
            [
                "-c", Self.script, "sh", directory, "redis-server", "--port", "0", "--unixsocket", socket, "--dir",
                directory, "--databases", "5000", "--appendonly", "yes", "--appendfsync", "always", "--save", "",
            ] + settings
        shell.standardInput = input
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        running.withLock { $0 = Running(shell: shell, input: input) }
        for _ in 0..<600 {
            if let answer = try? cli(["PING"]), answer.contains("PONG") || answer.contains("NOAUTH") { return }
            usleep(20_000)
        }
        let log = (try? String(contentsOfFile: directory + "/server.log", encoding: .utf8)) ?? ""
        throw ConformanceFailure("redis-server did not start: \(log.suffix(1000))")
    }

    /// Runs one command by `redis-cli` and returns what it prints.
    @discardableResult
    public func cli(database: Int = 0, _ words: [String]) throws -> String {
        let client = Process()
        let output = Pipe()
        client.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        client.arguments = ["redis-cli", "-s", socket, "-n", String(database)] + words
        client.standardOutput = output
        client.standardError = output
        try client.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        client.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    private func end(_ answer: String) {
        running.withLock { running in
            guard let ended = running else { return }
            try? ended.input.fileHandleForWriting.write(contentsOf: Data("\(answer)\n".utf8))
            try? ended.input.fileHandleForWriting.close()
            ended.shell.waitUntilExit()
            running = nil
        }
    }
}
