import EventLog
import Foundation

/// The folder `log-bench` inside the data folder, for one process at a time.
final class BenchScratch {
    let path: String
    private let data: String
    private let isDataNew: Bool
    private let lock: any FileLock

    init(in data: String) throws {
        let files = FileManager.default
        self.data = data
        isDataNew = !files.fileExists(atPath: data)
        path = data + "/log-bench"
        try files.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        lock = try Self.lock(path)
        // What a killed run has left.
        for name in try files.contentsOfDirectory(atPath: path) where name != "LOCK" {
            try files.removeItem(atPath: "\(path)/\(name)")
        }
    }

    /// Removes what was made.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
        // Fails when somebody has put something into it meanwhile, which is right.
        if isDataNew { try? PosixFileSystem().removeDirectory(data) }
    }

    private static func lock(_ folder: String) throws -> any FileLock {
        do throws(LogError) {
            return try PosixFileSystem().lock("\(folder)/LOCK")
        } catch {
            guard error.code == .locked else { throw error }
            throw CommandFailure(
                .dataError,
                "another log bench is under way in \(folder)",
                hint: "wait until it ends"
            )
        }
    }
}
