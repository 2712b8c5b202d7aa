import Relational
import Synchronization

/// The durable event log: one writer appends frames, many readers follow.
///
/// Guarantees:
/// - An offset is given once, in append order, and its frame is visible only when it is durable.
/// - Without space a flush throws `diskFull` and loses nothing: what was appended stays in memory, in its place, for the next attempt.
/// - After a failed sync, or a write that failed otherwise, nothing more is taken until the log is opened again; what was published
///   stays.
/// - A log never opens shorter than it was published: bytes that are missing or changed are a `corrupt` error with their place.
///
/// `append` belongs to one thread; `flush` may be called by another one at the same time (group commit). Everything else may be
/// called from anywhere. Calls block; keep them off the cooperative pool.
// Sendable: `state` is touched with the monitor's lock held; `writer` and `state.leaving` by the one thread that has set `isFlushing`.
public final class EventLog: @unchecked Sendable {
    static let lockName = "LOCK"

    /// The log's identity, from its creation on.
    public let id: LogID
    /// The folder that holds the log's files.
    public let directory: String
    let fileSystem: any FileSystem
    let options: LogOptions
    let seed: UInt32
    let monitor = Monitor()
    /// Held by whoever replaces the manifest or the cursors, over the write.
    let replacing = Mutex(())
    var state: LogState
    /// Nil in a log that is open for reading only.
    var writer: SegmentWriter?

    init(
        directory: String,
        fileSystem: any FileSystem,
        options: LogOptions,
        manifest: Manifest,
        recovered: RecoveredLog,
        cursors: [LogCursor],
        lock: (any FileLock)?,
        writer: consuming SegmentWriter?
    ) {
        id = manifest.id
        self.directory = directory
        self.fileSystem = fileSystem
        self.options = options
        seed = Checksum.seed(manifest.id)
        state = LogState(recovered, manifest: manifest, cursors: cursors, lock: lock)
        self.writer = writer
    }

    /// Opens the log in `directory` for writing, recovering it; creates it when the options say so.
    ///
    /// - Throws: `notFound`, `locked`, `foreign`, `corrupt` and `newerFormat` with the exact place, or what the file system said.
    public static func open(
        directory: String,
        fileSystem: any FileSystem = PosixFileSystem(),
        options: LogOptions = LogOptions()
    ) throws(LogError) -> EventLog {
        let folder = LogFolder(path: directory, fileSystem: fileSystem)
        if options.createIfMissing {
            try folder.create()
        } else if try fileSystem.list(directory)?.contains(Manifest.name) != true {
            throw try missing(directory, fileSystem)
        }
        let lock = try fileSystem.lock("\(directory)/\(lockName)")
        try folder.removeUnfinished()
        let manifest: Manifest
        if let found = try Manifest.read(in: directory, fileSystem: fileSystem) {
            manifest = found
        } else {
            manifest = try folder.createLog(id: options.newID, source: nil)
        }
        let mark = try SyncedMark(in: directory, seed: Checksum.seed(manifest.id), fileSystem: fileSystem)
        var recovery = Recovery(
            directory: directory,
            id: manifest.id,
            headroom: options.headroomByteCount,
            fileSystem: fileSystem
        )
        let (recovered, last) = try recovery.run(manifest, mark: try mark.read())
        try folder.removeLeftovers(of: manifest)
        // The folder's own name may not be durable yet, when the process that made it was killed.
        try fileSystem.synchronizeDirectory(LogFolder.parent(of: directory))
        var writer = SegmentWriter(
            recovered.segments[recovered.segments.count - 1],
            file: last,
            mark: mark,
            directory: directory,
            id: manifest.id,
            fileSystem: fileSystem,
            options: options
        )
        try writer.writeMark()
        let log = EventLog(
            directory: directory,
            fileSystem: fileSystem,
            options: options,
            manifest: manifest,
            recovered: recovered,
            cursors: try CursorFile.read(in: directory, fileSystem: fileSystem),
            lock: lock,
            writer: writer
        )
        if let source = options.source { try log.follow(source) }
        return log
    }

    /// No log at all, or one that has lost its manifest.
    static func missing(_ directory: String, _ fileSystem: any FileSystem) throws(LogError) -> LogError {
        let place = LogError.Place(path: directory)
        if try fileSystem.list(directory)?.contains(where: { $0.hasSuffix(".seg") }) == true {
            return .corrupt("the folder holds segments and no manifest", at: place)
        }
        return LogError(
            .notFound,
            "there is no event log",
            hint: "run leftfold run, which creates it",
            place: place
        )
    }

    /// Flushes, ends all waiting and releases the lock; what comes later throws `closed`. Readers keep working.
    ///
    /// Without space it throws `diskFull` and releases all the same: what was not durable is gone. Of a poisoned log it only releases, and
    /// throws nothing.
    public func close() throws(LogError) {
        defer {
            monitor.withLock {
                while state.isFlushing { monitor.wait() }
                state.isClosed = true
                state.lock = nil
                monitor.broadcast()
            }
        }
        let isUsable = monitor.withLock { state.failure == nil && !state.isClosed }
        if isUsable { try flush() }
    }
}
