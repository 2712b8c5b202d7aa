import EventLog

/// The contents of a `FaultyFileSystem`.
struct FaultyDisk {
    /// A change of a file that no sync has made durable.
    enum Change {
        case write(position: Int, bytes: [UInt8])
        case truncate(byteCount: Int)
    }

    /// One file, whatever its names.
    struct File {
        var seen: [UInt8] = []
        var durable: [UInt8] = []
        var pending: [Change] = []
    }

    var files: [File] = []
    var names: [String: Int] = [:]
    var durableNames: [String: Int] = [:]
    var folders: Set<String> = ["/"]
    var durableFolders: Set<String> = ["/"]
    /// Renames of folders that no sync has made durable, in order.
    var folderRenames: [(source: String, target: String)] = []
    var locks: Set<String> = []
    /// Grows with each crash; open files and locks of an earlier run are dead.
    var run = 0

    var stepCount = 0
    var stopStep: Int?
    var isStopped = false
    var syncCount = 0
    var failingSync: Int?
    var isLeftOut: (@Sendable (FaultyFileSystem.SyncKind, String) -> Bool)?
    var freeByteCount: Int?
    var allocationCount = 0
    var fillingAllocation: Int?
    var isFull = false

    static let stopped = LogError(.io, "the process was stopped")

    mutating func addFile() -> Int {
        files.append(File())
        return files.count - 1
    }

    func checkRunning(_ run: Int) throws(LogError) {
        if isStopped || run != self.run { throw Self.stopped }
    }

    /// Counts a changing call; true when the process stops in it.
    mutating func step() -> Bool {
        defer { stepCount += 1 }
        if stepCount == stopStep {
            stopStep = nil
            isStopped = true
        }
        return isStopped
    }

    /// Counts a call that needs space; throws when there is none.
    mutating func allocate(_ call: String, _ path: String) throws(LogError) {
        defer { allocationCount += 1 }
        if allocationCount == fillingAllocation {
            fillingAllocation = nil
            isFull = true
        }
        if isFull { throw Self.full(call, path) }
    }

    static func full(_ call: String, _ path: String) -> LogError {
        LogError(.diskFull, "could not \(call): no space left on device", place: LogError.Place(path: path))
    }

    static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .write(let position, let written):
            if bytes.count < position + written.count {
                bytes.append(contentsOf: repeatElement(0, count: position + written.count - bytes.count))
            }
            bytes.replaceSubrange(position..<position + written.count, with: written)
        case .truncate(let byteCount):
            if bytes.count > byteCount {
                bytes.removeLast(bytes.count - byteCount)
            } else {
                bytes.append(contentsOf: repeatElement(0, count: byteCount - bytes.count))
            }
        }
    }

    mutating func crash(_ survival: FaultyFileSystem.Survival) {
        run += 1
        isStopped = false
        stopStep = nil
        failingSync = nil
        locks = []
        switch survival {
        case .everything: return
        case .nothing: forget { false }
        case .random(let seed):
            var generator = SeededGenerator(seed: seed)
            forget { generator.next() & 1 == 0 }
        }
    }

    /// Loses power: each unsynced piece stays when `survives` says so.
    private mutating func forget(_ survives: () -> Bool) {
        forgetFolderRenames(survives)
        for index in files.indices {
            for change in files[index].pending {
                for piece in Self.sectors(change) where survives() { Self.apply(piece, to: &files[index].durable) }
            }
            files[index].pending = []
            files[index].seen = files[index].durable
        }
        let kept = folders.sorted().filter { durableFolders.contains($0) || survives() }
        folders = Set(kept.filter { Self.isInside($0, Set(kept)) })
        for path in Set(names.keys).union(durableNames.keys).sorted() where names[path] != durableNames[path] {
            if survives() { durableNames[path] = names[path] }
        }
        durableNames = durableNames.filter { Self.isInside($0.key, folders) }
        names = durableNames
        durableFolders = folders
    }

    /// Whether every folder above a path is there.
    private static func isInside(_ path: String, _ folders: Set<String>) -> Bool {
        path == "/" || folders.contains(parent(of: path)) && isInside(parent(of: path), folders)
    }

    /// A write in pieces that a disk takes or loses as a whole.
    private static func sectors(_ change: Change) -> [Change] {
        guard case .write(let position, let bytes) = change else { return [change] }
        var pieces: [Change] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, ((position + start) / 512 + 1) * 512 - position)
            pieces.append(.write(position: position + start, bytes: Array(bytes[start..<end])))
            start = end
        }
        return pieces
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
