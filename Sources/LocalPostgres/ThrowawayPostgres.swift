import Foundation
import Synchronization

/// A Postgres server of one's own in a temporary folder, gone when this object is.
///
/// 1. `initdb` fills a new folder; root does it as another user, because Postgres refuses root.
/// 2. A guard shell starts `postgres` and waits on a pipe that only this process holds: when the process ends, in whatever
///    way, the pipe closes, the guard stops the server and deletes the folder.
/// 3. `close` (or the last reference going away) closes that pipe and waits for the guard.
///
/// Listens on a unix socket in its folder and on a free TCP port of 127.0.0.1. Safe from any thread.
public final class ThrowawayPostgres: Sendable {
    /// How to make a server.
    public struct Options: Sendable {
        /// `wal_level`.
        public var walLevel = "logical"
        /// Whether commits wait for the disk. Off, a crash of the machine (not of the server) loses data.
        public var isDurable = false
        /// The password of the user `postgres`, asked for by SCRAM on every connection; nil lets everybody in.
        public var password: String?
        /// The locale of the template databases.
        public var locale = "C.UTF-8"
        /// Further settings, by name.
        public var settings: [String: String] = [:]
        /// The folder to make the server's folder in.
        public var parentDirectory = NSTemporaryDirectory()

        /// A server for logical replication, fast and without passwords.
        public init() {}
    }

    /// The folder of everything: socket, data, server log.
    public let directory: String
    /// The TCP port on 127.0.0.1; also the number in the socket's name.
    public let port: Int
    /// The superuser.
    public let user = "postgres"
    /// The superuser's password, if one is asked for.
    public let password: String?
    /// The server's programs.
    public let binaries: PostgresBinaries
    let serverUser: ServerUser
    let options: Options
    private let running = Mutex<ServerGuard?>(nil)

    /// Makes and starts a server; returns when it accepts connections.
    public init(_ options: Options = Options()) throws(LocalPostgresError) {
        self.options = options
        binaries = try PostgresBinaries.find()
        serverUser = try ServerUser.find()
        password = options.password
        directory = try Self.makeDirectory(in: options.parentDirectory, for: serverUser)
        do {
            port = try FreePort.find()
            try initialize()
            try start()
        } catch {
            try? FileManager.default.removeItem(atPath: directory)
            throw error
        }
    }

    deinit { close() }

    var dataDirectory: String { directory + "/data" }

    /// What the server printed since it was made.
    public var log: String {
        (try? String(contentsOfFile: directory + "/server.log", encoding: .utf8)) ?? ""
    }

    /// The process id of the running server; nil when it does not run.
    public var processID: Int32? {
        guard let text = try? String(contentsOfFile: dataDirectory + "/postmaster.pid", encoding: .utf8) else {
            return nil
        }
        return text.split(separator: "\n").first.flatMap { Int32($0) }
    }

    /// Stops the server and deletes its folder. Calling it again does nothing.
    public func close() {
        stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Stops the server by a fast shutdown and keeps its data; `start` goes on with it.
    public func stop() {
        running.withLock { running in
            running?.end()
            running = nil
        }
    }

    /// Ends the server as a crash would: at once, without a checkpoint. `start` recovers.
    public func crash() {
        if let processID { kill(processID, SIGQUIT) }
        stop()
    }

    /// Starts a server that was stopped; returns when it accepts connections.
    public func start() throws(LocalPostgresError) {
        let started = try ServerGuard(self)
        running.withLock { $0 = started }
    }

    private func initialize() throws(LocalPostgresError) {
        var arguments = [
            "--pgdata=\(dataDirectory)", "--username=\(user)", "--encoding=UTF8", "--locale=\(options.locale)",
            "--no-sync", "--no-instructions", "--auth=\(password == nil ? "trust" : "scram-sha-256")",
        ]
        if let password {
            let file = directory + "/password"
            guard FileManager.default.createFile(atPath: file, contents: Data(password.utf8)) else {
                throw LocalPostgresError(.folder, "\(file) cannot be written")
            }
            try serverUser.own(file)
            arguments.append("--pwfile=\(file)")
        }
        let result = try runProgram("initdb", arguments)
        guard result.status == 0 else {
            throw LocalPostgresError(.initdbFailed, "initdb ended with status \(result.status)", detail: result.output)
        }
    }

    func runProgram(
        _ program: String,
        _ arguments: [String],
        input: String = ""
    ) throws(LocalPostgresError) -> ChildProcess.Result {
        let words = ["/usr/bin/env"] + serverUser.prefix + [binaries.path(program)] + arguments
        return try ChildProcess.run(words, input: input, directory: directory)
    }

    private static func makeDirectory(in parent: String, for user: ServerUser) throws(LocalPostgresError) -> String {
        let base = parent.hasSuffix("/") ? String(parent.dropLast()) : parent
        var template = Array("\(base)/leftfold-pg-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw LocalPostgresError(.folder, "no folder can be made in \(base)")
        }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try user.own(directory)
        return directory
    }
}
