import Relational

/// Makes a log from a file that `LogExport` has written.
///
/// 1. The log is built in a folder beside its place, `DIRECTORY.import`, under the log's lock: segments, `SYNCED`, `MANIFEST`.
/// 2. On the way everything is checked: the file's header, each frame's checksums and place in the chain of offsets, each
///    record, the order of groups and schemas, the trailer's counts and its checksum of the whole file.
/// 3. Everything is synced, and the folder is renamed: from then on the log exists, with the id it always had.
///
/// A crash leaves no log or the whole log, and perhaps the folder beside it, which the next import clears away. A file that is refused
/// leaves no log. One buffer and the largest frame are in memory.
public enum LogImport {
    /// Makes the log in `directory` from the file at `path`; durable on return.
    ///
    /// - Throws: `exists` when there is a log already, which is not touched; `corrupt` or `newerFormat` for a file that is cut off,
    ///   altered or not ours; `locked` when another import is under way; what the file system said.
    @discardableResult
    public static func read(
        _ path: String,
        into directory: String,
        fileSystem: any FileSystem = PosixFileSystem(),
        segmentByteTarget: Int = LogOptions().segmentByteTarget
    ) throws(LogError) -> PortableLog {
        try refuseExisting(directory, fileSystem)
        let file = try open(path, fileSystem)
        let folder = LogFolder(path: directory + ".import", fileSystem: fileSystem)
        let parts = try describingFile(path) { () throws(LogError) in
            try PortableLog(header: file, path: path)
        }
        try folder.create()
        let lock = try lock(folder)
        defer { withExtendedLifetime(lock) {} }
        let result: PortableLog
        do throws(LogError) {
            // Again: another import may have ended between the first look and the lock.
            try refuseExisting(directory, fileSystem)
            try folder.clear(keeping: [EventLog.lockName])
            result = try describingFile(path) { () throws(LogError) in
                var builder = try LogBuilder(
                    file,
                    path: path,
                    parts,
                    directory: folder.path,
                    fileSystem: fileSystem,
                    byteTarget: segmentByteTarget
                )
                return try builder.run()
            }
            // Commit point: until this rename is durable there is no log.
            try fileSystem.rename(folder.path, to: directory)
        } catch {
            try? folder.clear(keeping: [])
            try? fileSystem.removeDirectory(folder.path)
            throw error
        }
        try fileSystem.synchronizeDirectory(LogFolder.parent(of: directory))
        return result
    }

    private static func open(_ path: String, _ fileSystem: any FileSystem) throws(LogError) -> any LogFile {
        do throws(LogError) {
            return try fileSystem.open(path, .read)
        } catch  where error.code == .notFound {
            throw LogError(
                .notFound,
                "there is no such file",
                hint: "make it with: leftfold log export FILE.leftfoldlog",
                place: LogError.Place(path: path)
            )
        }
    }

    private static func refuseExisting(_ directory: String, _ fileSystem: any FileSystem) throws(LogError) {
        guard let names = try fileSystem.list(directory), !names.isEmpty else { return }
        let isLog = names.contains { $0 == Manifest.name || SegmentName(parsing: $0) != nil }
        throw LogError(
            .exists,
            isLog ? "there is a log already, and an import never replaces one" : "the log's folder is not empty",
            hint:
                "move the folder away, or import into another data folder with: leftfold log import FILE --data FOLDER",
            place: LogError.Place(path: directory)
        )
    }

    private static func lock(_ folder: LogFolder) throws(LogError) -> any FileLock {
        let path = "\(folder.path)/\(EventLog.lockName)"
        do throws(LogError) {
            return try folder.fileSystem.lock(path)
        } catch  where error.code == .locked {
            throw LogError(
                .locked,
                "another import is under way",
                hint: "wait until it ends",
                place: LogError.Place(path: path)
            )
        }
    }

    /// Gives what is wrong with the file a hint that fits a file.
    private static func describingFile<Result>(
        _ path: String,
        _ body: () throws(LogError) -> Result
    ) throws(LogError) -> Result {
        do throws(LogError) {
            return try body()
        } catch  where error.code == .corrupt && error.place?.path == path {
            var error = error
            if error.hint == LogError.corruptHint {
                error.hint = "the file was cut off or altered: take another copy of it, or export the log again"
            }
            throw error
        }
    }
}

extension LogFolder {
    /// Removes all files but those of the given names.
    fileprivate func clear(keeping kept: Set<String>) throws(LogError) {
        for name in try fileSystem.list(path) ?? [] where !kept.contains(name) {
            try fileSystem.remove("\(path)/\(name)")
        }
    }
}
