#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One open file of the operating system.
final class PosixFile: LogFile {
    private let descriptor: Int32
    private let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, base + done, buffer.count - done, off_t(position) + off_t(done))
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw PosixError.current("read", path)
            }
            done += count
        }
        return done
    }

    func write(_ bytes: UnsafeRawBufferPointer, at position: Int64) throws(LogError) {
        guard let base = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, base + done, bytes.count - done, off_t(position) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw PosixError.current("write", path)
            }
            done += count
        }
    }

    func synchronizeData() throws(LogError) {
        #if canImport(Glibc)
            if fdatasync(descriptor) != 0 { throw PosixError.failedSync("sync", path) }
        #else
            // fsync of this system does not reach the medium.
            if fcntl(descriptor, F_FULLFSYNC) != 0 { throw PosixError.failedSync("sync", path) }
        #endif
    }

    func synchronize() throws(LogError) {
        #if canImport(Glibc)
            if fsync(descriptor) != 0 { throw PosixError.failedSync("sync", path) }
        #else
            if fcntl(descriptor, F_FULLFSYNC) != 0 { throw PosixError.failedSync("sync", path) }
        #endif
    }

    func truncate(to byteCount: Int64) throws(LogError) {
        if ftruncate(descriptor, off_t(byteCount)) != 0 { throw PosixError.current("truncate", path) }
    }

    func byteCount() throws(LogError) -> Int64 {
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw PosixError.current("read the size", path) }
        return Int64(status.st_size)
    }
}

/// An exclusive `flock` with the holder's process id as the file's content.
final class PosixFileLock: FileLock {
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// The process id that the file names; nil when it names none.
    var holder: Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes.prefix(count).prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self))
    }

    func writeHolder(path: String) throws(LogError) {
        let text = Array("\(getpid())\n".utf8)
        // Over what is there, so that a lock that was held before can be taken on a full disk.
        guard text.withUnsafeBytes({ pwrite(descriptor, $0.baseAddress, $0.count, 0) }) == text.count,
            ftruncate(descriptor, off_t(text.count)) == 0
        else { throw PosixError.current("write", path) }
    }
}
