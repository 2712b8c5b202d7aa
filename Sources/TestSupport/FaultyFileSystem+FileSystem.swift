public import EventLog
import Synchronization

extension FaultyFileSystem {
    public func open(_ path: String, _ mode: FileOpenMode) throws(LogError) -> any LogFile {
        try locked { (disk) throws(LogError) in
            try disk.checkRunning(disk.run)
            if let file = disk.names[path] {
                if case .create = mode {
                    if disk.step() { throw FaultyDisk.stopped }
                    disk.change(file, .truncate(byteCount: 0))
                }
                return FaultyFile(self, file: file, path: path, run: disk.run)
            }
            guard case .create = mode, disk.folders.contains(FaultyDisk.parent(of: path)) else {
                throw LogError(.notFound, "no such file", place: LogError.Place(path: path))
            }
            if disk.step() { throw FaultyDisk.stopped }
            try disk.allocate("open", path)
            let file = disk.addFile()
            disk.names[path] = file
            return FaultyFile(self, file: file, path: path, run: disk.run)
        }
    }

    public func createDirectory(_ path: String) throws(LogError) -> Bool {
        try locked { (disk) throws(LogError) in
            try disk.checkRunning(disk.run)
            if disk.folders.contains(path) { return false }
            guard disk.folders.contains(FaultyDisk.parent(of: path)) else {
                throw LogError(.notFound, "no such folder")
            }
            if disk.step() { throw FaultyDisk.stopped }
            try disk.allocate("create folder", path)
            disk.folders.insert(path)
            return true
        }
    }

    public func list(_ path: String) throws(LogError) -> [String]? {
        try locked { (disk) throws(LogError) in
            try disk.checkRunning(disk.run)
            guard disk.folders.contains(path) else { return nil }
            return disk.names.keys.filter { FaultyDisk.parent(of: $0) == path }
                .map { String($0.dropFirst(path == "/" ? 1 : path.utf8.count + 1)) }
        }
    }

    public func rename(_ source: String, to target: String) throws(LogError) {
        try locked { (disk) throws(LogError) in
            try disk.checkRunning(disk.run)
            if disk.step() { throw FaultyDisk.stopped }
            try disk.allocate("rename", source)
            if disk.folders.contains(source) { return try disk.renameFolder(source, to: target) }
            guard let file = disk.names.removeValue(forKey: source) else { throw LogError(.notFound, "no such file") }
            disk.names[target] = file
        }
    }

    public func remove(_ path: String) throws(LogError) {
        try locked { (disk) throws(LogError) in
            try disk.checkRunning(disk.run)
            if disk.step() { throw FaultyDisk.stopped }
            guard let file = disk.names.removeValue(forKey: path) else { throw LogError(.notFound, "no such file") }
            disk.freeByteCount? += disk.files[file].seen.count
        }
    }

    public func removeDirectory(_ path: String) throws(LogError) {
        try locked { (disk) throws(LogError) in
            try disk.checkRunning(disk.run)
            if disk.step() { throw FaultyDisk.stopped }
            guard disk.folders.contains(path) else { throw LogError(.notFound, "no such folder") }
            guard disk.isEmpty(path) else { throw LogError(.io, "the folder is not empty") }
            disk.folders.remove(path)
        }
    }

    public func synchronizeDirectory(_ path: String) throws(LogError) {
        try locked { (disk) throws(LogError) in
            try disk.checkRunning(disk.run)
            if disk.step() { throw FaultyDisk.stopped }
            guard try disk.syncHappens(.directory, path) else { return }
            disk.makeRenamesDurable(in: path)
            disk.durableFolders = disk.durableFolders.filter {
                FaultyDisk.parent(of: $0) != path || disk.folders.contains($0)
            }
            for folder in disk.folders where FaultyDisk.parent(of: folder) == path {
                disk.durableFolders.insert(folder)
            }
            for name in Set(disk.names.keys).union(disk.durableNames.keys) where FaultyDisk.parent(of: name) == path {
                disk.durableNames[name] = disk.names[name]
            }
        }
    }

    public func freeByteCount(_ path: String) -> Int64? { state.withLock { $0.freeByteCount.map(Int64.init) } }

    public func lock(_ path: String) throws(LogError) -> any FileLock {
        try locked { (disk) throws(LogError) in
            try disk.checkRunning(disk.run)
            guard disk.locks.insert(path).inserted else { throw LogError(.locked, "the lock is held") }
            return FaultyLock(self, path: path, run: disk.run)
        }
    }

    func locked<Result>(_ body: (inout FaultyDisk) throws(LogError) -> Result) throws(LogError) -> Result {
        try state.withLock { (disk) throws(LogError) in try body(&disk) }
    }
}

extension FaultyDisk {
    mutating func change(_ file: Int, _ change: Change) {
        Self.apply(change, to: &files[file].seen)
        files[file].pending.append(change)
    }

    /// Whether a sync does its work; throws when it is the one that fails.
    mutating func syncHappens(_ kind: FaultyFileSystem.SyncKind, _ path: String) throws(LogError) -> Bool {
        defer { syncCount += 1 }
        if syncCount == failingSync { throw LogError(.io, "could not sync: input/output error") }
        return isLeftOut?(kind, path) != true
    }
}

/// An open file of a `FaultyFileSystem`.
final class FaultyFile: LogFile {
    private let system: FaultyFileSystem
    private let file: Int
    private let path: String
    private let run: Int

    init(_ system: FaultyFileSystem, file: Int, path: String, run: Int) {
        self.system = system
        self.file = file
        self.path = path
        self.run = run
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int {
        try system.locked { (disk) throws(LogError) in
            try disk.checkRunning(run)
            let bytes = disk.files[file].seen.dropFirst(Int(position)).prefix(buffer.count)
            buffer.copyBytes(from: bytes)
            return bytes.count
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at position: Int64) throws(LogError) {
        try system.locked { (disk) throws(LogError) in
            try disk.checkRunning(run)
            let start = Int(position)
            if disk.step() {
                // The process ends in the middle of its call.
                disk.change(file, .write(position: start, bytes: Array(bytes.prefix(bytes.count / 2))))
                throw FaultyDisk.stopped
            }
            do throws(LogError) {
                try disk.allocate("write", path)
            } catch {
                disk.change(file, .write(position: start, bytes: Array(bytes.prefix(bytes.count / 2))))
                throw error
            }
            let added = max(0, start + bytes.count - disk.files[file].seen.count)
            if let free = disk.freeByteCount, free < added {
                disk.change(
                    file,
                    .write(position: start, bytes: Array(bytes.prefix(max(0, bytes.count - added + free))))
                )
                disk.freeByteCount = 0
                throw FaultyDisk.full("write", path)
            }
            disk.freeByteCount? -= added
            disk.change(file, .write(position: start, bytes: Array(bytes)))
        }
    }

    func synchronizeData() throws(LogError) { try synchronize(.data) }

    func synchronize() throws(LogError) { try synchronize(.file) }

    private func synchronize(_ kind: FaultyFileSystem.SyncKind) throws(LogError) {
        try system.locked { (disk) throws(LogError) in
            try disk.checkRunning(run)
            if disk.step() { throw FaultyDisk.stopped }
            let isFailing = disk.syncCount == disk.failingSync
            // The kernel drops the pages it could not write: they are seen, clean and not durable.
            defer { if isFailing { disk.files[file].pending = [] } }
            guard try disk.syncHappens(kind, path) else { return }
            for change in disk.files[file].pending { FaultyDisk.apply(change, to: &disk.files[file].durable) }
            disk.files[file].pending = []
        }
    }

    func truncate(to byteCount: Int64) throws(LogError) {
        try system.locked { (disk) throws(LogError) in
            try disk.checkRunning(run)
            if disk.step() { throw FaultyDisk.stopped }
            disk.change(file, .truncate(byteCount: Int(byteCount)))
        }
    }

    func byteCount() throws(LogError) -> Int64 {
        try system.locked { (disk) throws(LogError) in
            try disk.checkRunning(run)
            return Int64(disk.files[file].seen.count)
        }
    }
}

/// A held lock of a `FaultyFileSystem`.
final class FaultyLock: FileLock {
    private let system: FaultyFileSystem
    private let path: String
    private let run: Int

    init(_ system: FaultyFileSystem, path: String, run: Int) {
        self.system = system
        self.path = path
        self.run = run
    }

    deinit {
        system.state.withLock { if $0.run == run { $0.locks.remove(path) } }
    }
}
