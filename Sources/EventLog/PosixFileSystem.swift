#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The operating system's files.
public struct PosixFileSystem: FileSystem {
    public init() {}

    public func open(_ path: String, _ mode: FileOpenMode) throws(LogError) -> any LogFile {
        let flags: Int32 =
            switch mode {
            case .read: O_RDONLY
            case .readWrite: O_RDWR
            case .create: O_RDWR | O_CREAT | O_TRUNC
            }
        return PosixFile(descriptor: try openDescriptor(path, flags), path: path)
    }

    public func createDirectory(_ path: String) throws(LogError) -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        guard errno == EEXIST else { throw PosixError.current("create folder", path) }
        return false
    }

    public func list(_ path: String) throws(LogError) -> [String]? {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return nil }
            throw PosixError.current("list folder", path)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                if errno != 0 { throw PosixError.current("list folder", path) }
                return names
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    public func rename(_ source: String, to target: String) throws(LogError) {
        // Named in full: the C function, not this method.
        #if canImport(Glibc)
            let result = Glibc.rename(source, target)
        #else
            let result = Darwin.rename(source, target)
        #endif
        if result != 0 { throw PosixError.current("rename", source) }
    }

    public func remove(_ path: String) throws(LogError) {
        if unlink(path) != 0 { throw PosixError.current("remove", path) }
    }

    public func removeDirectory(_ path: String) throws(LogError) {
        if rmdir(path) != 0 { throw PosixError.current("remove folder", path) }
    }

    public func synchronizeDirectory(_ path: String) throws(LogError) {
        let descriptor = try openDescriptor(path, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw PosixError.failedSync("sync folder", path) }
    }

    public func freeByteCount(_ path: String) -> Int64? {
        var status = statvfs()
        // Some file systems without a fixed size say that they have no blocks at all.
        guard statvfs(path, &status) == 0, status.f_blocks > 0 else { return nil }
        let (bytes, isOver) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isOver ? nil : Int64(clamping: bytes)
    }

    public func lock(_ path: String) throws(LogError) -> any FileLock {
        let descriptor = try openDescriptor(path, O_RDWR | O_CREAT)
        let lock = PosixFileLock(descriptor: descriptor)
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK else { throw PosixError.current("lock", path) }
            throw LogError(
                .locked,
                "the log is open for writing in \(lock.holder.map { "process \($0)" } ?? "another process")",
                hint: "stop that process, or ask it through its control socket",
                place: LogError.Place(path: path)
            )
        }
        try lock.writeHolder(path: path)
        return lock
    }

    private func openDescriptor(_ path: String, _ flags: Int32) throws(LogError) -> Int32 {
        while true {
            #if canImport(Glibc)
                let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
            #else
                let descriptor = Darwin.open(path, flags | O_CLOEXEC, 0o600)
            #endif
            if descriptor >= 0 { return descriptor }
            if errno != EINTR { throw PosixError.current("open", path) }
        }
    }
}

/// Turns `errno` into a `LogError`.
enum PosixError {
    static func current(_ call: String, _ path: String) -> LogError {
        let number = errno
        let code: LogError.Code =
            switch number {
            case ENOSPC, EDQUOT: .diskFull
            case ENOENT: .notFound
            default: .io
            }
        return LogError(
            code,
            "could not \(call): \(String(cString: strerror(number)))",
            hint: hint(number, path),
            place: LogError.Place(path: path)
        )
    }

    /// Of a sync, which is never tried again: the kernel may have dropped the pages and would answer that all is well.
    static func failedSync(_ call: String, _ path: String) -> LogError {
        var error = current(call, path)
        error.code = .io
        return error
    }

    private static func hint(_ number: Int32, _ path: String) -> String? {
        switch number {
        case ENOSPC, EDQUOT: return LogError.spaceHint(path)
        case EACCES, EPERM, EROFS:
            let folder = LogFolder.parent(of: path)
            return "make \(folder) writable for this user, or set 'data' to a folder that is; then: leftfold run"
        default: return nil
        }
    }
}
