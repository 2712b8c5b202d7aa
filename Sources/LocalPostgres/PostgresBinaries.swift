import Foundation

/// The folder of a Postgres server's programs.
public struct PostgresBinaries: Sendable, Hashable {
    /// The folder that holds `initdb`, `postgres` and `psql`.
    public var directory: String

    /// Takes the programs in `directory`.
    public init(directory: String) { self.directory = directory }

    /// The path of one program.
    public func path(_ program: String) -> String { directory + "/" + program }

    /// Finds a server: on `PATH`, where `pg_config` says, then the newest under `/usr/lib/postgresql`.
    ///
    /// - Throws: `LocalPostgresError.binariesMissing` with the command that installs one.
    public static func find() throws(LocalPostgresError) -> PostgresBinaries {
        for directory in candidates() where hasServer(directory) {
            return PostgresBinaries(directory: directory)
        }
        throw LocalPostgresError(
            .binariesMissing,
            "no Postgres server is installed here",
            hint: "apt-get install postgresql"
        )
    }

    private static func candidates() -> [String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        var directories = path.split(separator: ":").map(String.init)
        for directory in directories where FileManager.default.isExecutableFile(atPath: directory + "/pg_config") {
            if let output = try? ChildProcess.run([directory + "/pg_config", "--bindir"]).output {
                directories.append(output.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            break
        }
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let newestFirst = versions.sorted { (Double($0) ?? 0) > (Double($1) ?? 0) }
        return directories + newestFirst.map { "\(root)/\($0)/bin" }
    }

    private static func hasServer(_ directory: String) -> Bool {
        ["initdb", "postgres", "psql"].allSatisfy { FileManager.default.isExecutableFile(atPath: directory + "/" + $0) }
    }
}
