/// Where bytes go one after another.
public protocol ByteSink: ~Copyable {
    /// Takes all of `bytes`.
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(LogError)
}

/// A file that is written beside its place and put there whole: `PATH.tmp`, sync, rename, sync the folder.
///
/// Until `commit` returns, what was at the path stays; a file that is not committed is removed.
public struct ReplacementFile: ~Copyable, ByteSink {
    public let path: String
    private let fileSystem: any FileSystem
    private let file: any LogFile
    private var position: Int64 = 0
    private var isCommitted = false

    public init(_ path: String, fileSystem: any FileSystem = PosixFileSystem()) throws(LogError) {
        let folder = LogFolder.parent(of: path)
        guard try fileSystem.list(folder) != nil else {
            throw LogError(
                .notFound,
                "there is no such folder",
                hint: "make it with: mkdir -p \(folder)",
                place: LogError.Place(path: folder)
            )
        }
        let file = try fileSystem.open(path + ".tmp", .create)
        self.path = path
        self.fileSystem = fileSystem
        self.file = file
    }

    deinit {
        if !isCommitted { try? fileSystem.remove(path + ".tmp") }
    }

    public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        try file.write(bytes, at: position)
        position += Int64(bytes.count)
    }

    /// Puts the file in place; durable on return.
    public mutating func commit() throws(LogError) {
        try file.synchronize()
        try fileSystem.rename(path + ".tmp", to: path)
        isCommitted = true
        try fileSystem.synchronizeDirectory(LogFolder.parent(of: path))
    }
}
