/// Everything the log asks of a file system; injected, so that tests can fail or forget any call.
///
/// All calls block. Paths are absolute or relative to the process's working directory. A call that needs space and finds none throws
/// `diskFull` and may be made again. A sync never throws it: one that fails is `io` whatever the reason, because what it was to make
/// durable may be lost.
public protocol FileSystem: Sendable {
    /// Opens a file; `notFound` when it is missing and `mode` does not create it.
    func open(_ path: String, _ mode: FileOpenMode) throws(LogError) -> any LogFile

    /// Creates one folder and returns whether it was missing; its parent must exist.
    func createDirectory(_ path: String) throws(LogError) -> Bool

    /// The names in a folder, in no order, without `.` and `..`; nil when there is no such folder.
    func list(_ path: String) throws(LogError) -> [String]?

    /// Replaces `target` by `source` in one step; durable only after `synchronizeDirectory`.
    ///
    /// A folder moves with all it holds, and never replaces a folder that holds something.
    func rename(_ source: String, to target: String) throws(LogError)

    func remove(_ path: String) throws(LogError)

    /// The bytes that this user may still write on the device of a folder; nil when the file system does not tell.
    func freeByteCount(_ path: String) -> Int64?

    /// Removes an empty folder.
    func removeDirectory(_ path: String) throws(LogError)

    /// Makes entries created, renamed and removed in a folder durable.
    func synchronizeDirectory(_ path: String) throws(LogError)

    /// Takes the exclusive lock on a file, creating it, and writes this process's id into it; `locked` when another holds it.
    ///
    /// The lock ends with the returned object, and with the process however it ends.
    func lock(_ path: String) throws(LogError) -> any FileLock
}

/// How a file is opened.
public enum FileOpenMode: Sendable {
    case read
    case readWrite
    /// For reading and writing, empty: what was there before is gone.
    case create
}

/// One open file; closed when the last reference goes.
public protocol LogFile: AnyObject, Sendable {
    /// Reads into `buffer` until it is full or the file ends; returns the bytes read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int

    /// Writes all of `bytes`; after an error any part of them may be in the file.
    func write(_ bytes: UnsafeRawBufferPointer, at position: Int64) throws(LogError)

    /// Makes the bytes written and the file's length durable (`fdatasync`).
    func synchronizeData() throws(LogError)

    /// Makes the file durable with all its metadata (`fsync`).
    func synchronize() throws(LogError)

    func truncate(to byteCount: Int64) throws(LogError)

    func byteCount() throws(LogError) -> Int64
}

/// A held exclusive lock; released when the last reference goes.
public protocol FileLock: AnyObject, Sendable {}
