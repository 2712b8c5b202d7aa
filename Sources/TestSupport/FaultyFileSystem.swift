public import EventLog
import Synchronization

/// A file system in memory that forgets, fails and stops on request.
///
/// What was written is seen at once and durable only after the sync that promises it: bytes and lengths by a sync of the file, names by
/// a sync of their folder. `crash` forgets what was not, wholly or in part. Every call that changes something is counted,
/// and the process can be stopped at any count. Used from one test; safe from several threads.
public final class FaultyFileSystem: FileSystem {
    /// How much of what was not synced a crash leaves.
    public enum Survival: Sendable {
        /// The process was killed: the page cache lives on, and is still not durable.
        case everything
        /// Power was lost: nothing that was not synced.
        case nothing
        /// Power was lost: each unsynced 512-byte sector, length and name by the toss of a coin.
        case random(seed: UInt64)
    }

    /// A call that makes something durable.
    public enum SyncKind: Sendable, Hashable {
        case data, file, directory
    }

    let state = Mutex(FaultyDisk())

    public init() {}

    // MARK: Faults

    /// Calls so far that change or sync something.
    public var stepCount: Int { state.withLock { $0.stepCount } }

    /// Stops the process at the `step`-th changing call from now (0 is the next one): it does not happen, or half of it does, and
    /// every later call fails until `crash`.
    public func stop(atStep step: Int) {
        state.withLock { $0.stopStep = $0.stepCount + step }
    }

    /// Whether the process was stopped.
    public var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Makes syncs that `isLeftOut` picks do nothing and claim success, as if the call were not there.
    public func leaveOut(_ isLeftOut: @escaping @Sendable (SyncKind, _ path: String) -> Bool) {
        state.withLock { $0.isLeftOut = isLeftOut }
    }

    /// Makes the `count`-th sync from now (0 is the next one) fail as a broken device does: it reports an error once, and the
    /// bytes count as written from then on though they are not.
    public func failSync(_ count: Int) {
        state.withLock { $0.failingSync = $0.syncCount + count }
    }

    /// Calls so far that need space: creating and renaming files, creating folders, and every write, also in place, as on a file system
    /// that copies on write.
    public var allocationCount: Int { state.withLock { $0.allocationCount } }

    /// Fills the disk at the `count`-th such call from now (0 is the next one): it and every later one throws `diskFull`, a write after
    /// half of its bytes, until `freeDisk`.
    public func fillDisk(atAllocation count: Int) {
        state.withLock { $0.fillingAllocation = $0.allocationCount + count }
    }

    /// Whether the disk was filled.
    public var isFull: Bool { state.withLock { $0.isFull } }

    /// Gives the disk space again.
    public func freeDisk() {
        state.withLock {
            $0.isFull = false
            $0.fillingAllocation = nil
            $0.freeByteCount = nil
        }
    }

    /// The space left for file contents, as `freeByteCount` tells it too; nil is without end, and untold.
    public func setFreeByteCount(_ count: Int?) {
        state.withLock { $0.freeByteCount = count }
    }

    /// Ends the process and starts the machine again: locks and open files are gone, unsynced bytes and names as `survival` says.
    public func crash(_ survival: Survival) {
        state.withLock { $0.crash(survival) }
    }

    // MARK: Looking and damaging

    /// The names of all files, with their folders.
    public var paths: [String] { state.withLock { $0.names.keys.sorted() } }

    /// The bytes of a file as a reader sees them.
    public func contents(_ path: String) -> [UInt8]? {
        state.withLock { disk in disk.names[path].map { disk.files[$0].seen } }
    }

    /// Replaces a file's bytes, durably: what a broken disk or a foreign hand does.
    public func setContents(_ path: String, _ bytes: [UInt8]) {
        state.withLock { disk in
            let file = disk.names[path] ?? disk.addFile()
            disk.files[file].seen = bytes
            disk.files[file].durable = bytes
            disk.files[file].pending = []
            disk.names[path] = file
            disk.durableNames[path] = file
        }
    }

    /// Removes a file, durably.
    public func destroy(_ path: String) {
        state.withLock { disk in
            disk.names[path] = nil
            disk.durableNames[path] = nil
        }
    }
}
