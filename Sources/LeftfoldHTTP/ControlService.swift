import Foundation
import Hummingbird
public import Logging
public import ServiceLifecycle
public import ViewMaintenance

/// Serves the daemon's routes on its unix socket, readable by its owner only.
///
/// The caller holds the log's lock, so a socket file left by a killed daemon is replaced. The socket is made in a folder that nobody else
/// can enter and moved to its place with its mode set: at no moment can another user connect.
public struct ControlService: Service {
    /// What an address of a unix socket holds, with its final zero.
    private static let pathByteCountMax = 107

    private let control: any DaemonControl
    private let socketPath: String
    private let logger: Logger

    public init(_ control: any DaemonControl, socketPath: String, logger: Logger) {
        self.control = control
        self.socketPath = socketPath
        self.logger = logger
    }

    public func run() async throws {
        let path = socketPath
        let folder = Self.folder(of: path)
        try checkPath()
        try Self.makePrivate(folder)
        defer { Self.remove(folder) }
        let router = Router(context: BasicRequestContext.self)
        ControlRoutes(control).add(to: router)
        var quiet = logger
        // What a shutdown does to connections is no trouble of the daemon's.
        quiet.logLevel = .critical
        let logger = logger
        let application = Application(
            router: router,
            configuration: .init(address: .unixDomainSocket(path: folder + "/s"), serverName: "leftfold"),
            onServerRunning: { _ in
                // A daemon that nobody can reach still folds: `status` says that none runs.
                guard chmod(folder + "/s", 0o600) == 0, rename(folder + "/s", path) == 0 else {
                    return logger.error("the control socket \(path) cannot be put in place: \(Self.reason)")
                }
                Self.remove(folder)
            },
            logger: quiet
        )
        defer { unlink(path) }
        try await application.run()
    }

    /// A folder beside the socket, with a name no longer than the socket's own.
    private static func folder(of path: String) -> String {
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        return path[..<slash] + ".leftfold.s"
    }

    private func checkPath() throws {
        guard Self.folder(of: socketPath).utf8.count + 2 <= Self.pathByteCountMax,
            socketPath.utf8.count <= Self.pathByteCountMax
        else {
            throw MaintenanceError(
                .log,
                "the socket path \(socketPath) is longer than a unix socket allows",
                hint: "choose a shorter 'data' folder in leftfold.yaml"
            )
        }
        var found = stat()
        guard lstat(socketPath, &found) == 0 else { return }
        guard found.st_mode & S_IFMT == S_IFSOCK else {
            throw MaintenanceError(
                .log,
                "\(socketPath) is in the way: it is not a socket",
                hint: "move it elsewhere"
            )
        }
        unlink(socketPath)
    }

    private static func makePrivate(_ folder: String) throws {
        remove(folder)
        guard mkdir(folder, 0o700) == 0 else {
            throw MaintenanceError(.log, "the folder \(folder) cannot be made", detail: reason)
        }
    }

    private static func remove(_ folder: String) {
        unlink(folder + "/s")
        rmdir(folder)
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
