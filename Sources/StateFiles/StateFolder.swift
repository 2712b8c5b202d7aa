public import EventLog
import Relational
import Synchronization

/// The folder of state: manifests and the runs that they name.
///
/// Guarantees:
/// - What `publish` has returned from is found by the next `open`, whatever crash comes between.
/// - No file goes that a kept manifest names, or that somebody holds a `Run` of.
/// - A manifest is usable as a whole or not at all; the elder one is there for the case.
/// - Nothing here is the only copy of anything: without the folder the state is made again from the log.
///
/// Everything may be called from any thread; runs may be written and merged by several at once. Calls block.
public final class StateFolder: Sendable {
    public let path: String
    public let logID: String
    /// The version of the rules of evaluation that state must be made by.
    public let semantics: Int
    /// The decoded blocks of all runs of this folder.
    public let cache: BlockCache
    let source: StateSource
    let options: StateOptions
    let contents: Mutex<FolderContents>
    /// Held by whoever replaces manifests.
    let publishing = Mutex(())
    /// Nil when the folder is open for reading only.
    let lock: (any FileLock)?

    private init(_ scan: FolderScan, options: StateOptions, lock: (any FileLock)?) {
        path = scan.source.path
        logID = scan.source.logID
        semantics = scan.source.semantics
        cache = BlockCache(byteLimit: options.cacheByteLimit)
        source = scan.source
        self.options = options
        contents = Mutex(FolderContents(scan))
        self.lock = lock
    }

    /// Opens the folder for writing, and makes it when it is missing; clears away what an interrupted step left.
    ///
    /// State of another log, of other rules or of a newer version stays until the first `publish` or `drop`, or until a new run needs its space.
    ///
    /// - Throws: `locked`, or what the file system said. What is wrong with the state itself is in `refused`.
    public static func open(
        _ path: String,
        logID: String,
        semantics: Int,
        fileSystem: any FileSystem = PosixFileSystem(),
        options: StateOptions = StateOptions()
    ) throws(StateError) -> StateFolder {
        let source = StateSource(path: path, logID: logID, semantics: semantics, fileSystem: fileSystem)
        try source.asking { () throws(LogError) in
            _ = try fileSystem.createDirectory(path)
            // Also when the folder was there: a process that was killed may just have made it.
            try fileSystem.synchronizeDirectory(parent(of: path))
        }
        let lock = try takeLock(source)
        let scan = try FolderScan(source, manifestsKept: options.manifestsKept)
        let folder = StateFolder(scan, options: options, lock: lock)
        // What a killed process has renamed and not made durable is built upon from here on, and elder manifests go.
        try folder.synchronize()
        for name in scan.unfinished { try folder.remove(name) }
        for name in folder.contents.withLock({ $0.takeLeftovers(scan.leftovers) }) { try folder.remove(name) }
        return folder
    }

    /// Opens what is there, for reading only, beside a process that may go on writing; takes no lock and changes nothing.
    ///
    /// - Throws: `notFound` when there is no folder, or what the file system said.
    public static func openReadOnly(
        _ path: String,
        logID: String,
        semantics: Int,
        fileSystem: any FileSystem = PosixFileSystem(),
        options: StateOptions = StateOptions()
    ) throws(StateError) -> StateFolder {
        let source = StateSource(path: path, logID: logID, semantics: semantics, fileSystem: fileSystem)
        while true {
            let scan = try FolderScan(source, manifestsKept: options.manifestsKept)
            // The writer may have published, and removed what was being read.
            if !scan.refused.isEmpty, try FolderScan.highestNumber(source) != scan.highestNumber { continue }
            return StateFolder(scan, options: options, lock: nil)
        }
    }

    private static func takeLock(_ source: StateSource) throws(StateError) -> any FileLock {
        let path = source.place(StateNames.lock)
        do throws(LogError) {
            return try source.fileSystem.lock(path)
        } catch {
            throw error.code == .locked ? .locked(by: source.lockHolder, path) : StateError(error, path: source.path)
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The usable manifests, newest first: what was found, and what was published since.
    public var manifests: [StateManifest] { contents.withLock { $0.manifests } }

    /// What was found and is not usable, each with its reason.
    public var refused: [StateError] { contents.withLock { $0.refused } }

    /// Bytes that a data block of a new run has at most.
    public var blockByteCount: Int { options.runOptions.blockByteCount }

    /// Removes a file, if it is there.
    func remove(_ name: String) throws(StateError) {
        do throws(LogError) {
            try source.fileSystem.remove(source.place(name))
        } catch {
            if error.code != .notFound { throw StateError(error, path: source.place(name)) }
        }
    }

    /// Makes the names in the folder durable.
    func synchronize() throws(StateError) {
        let fileSystem = source.fileSystem
        try source.asking { () throws(LogError) in try fileSystem.synchronizeDirectory(path) }
    }

    func checkWritable() throws(StateError) {
        if lock == nil { throw .readOnly(path) }
    }
}
