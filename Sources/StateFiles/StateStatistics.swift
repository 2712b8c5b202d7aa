import EventLog
public import Relational
import Synchronization

/// What a folder of state holds.
public struct StateStatistics: Sendable {
    /// One usable manifest.
    public struct Manifest: Sendable, Hashable {
        public var number: UInt64
        /// The first offset that is not folded in it.
        public var offset: Offset
        public var timeline: UInt32
        public var lsn: LSN
        /// Of the last commit folded, in microseconds since 2000.
        public var commitTime: Int64
        /// In microseconds since 2000.
        public var writtenAt: Int64
        public var sectionCount: Int
        public var runCount: Int
        public var entryCount: Int
        /// Of the runs that it names.
        public var byteCount: Int64
    }

    /// Of all files on the disk.
    public var byteCount: Int64
    /// What the settings allow.
    public var byteMax: Int64?
    /// What is free on the device; nil when the file system does not tell.
    public var freeByteCount: Int64?
    public var runCount: Int
    /// Runs and manifests.
    public var fileCount: Int
    /// Newest first.
    public var manifests: [Manifest]
    /// What is not usable, each with its reason.
    public var refused: [StateError]
}

extension StateStatistics.Manifest {
    init(_ manifest: StateManifest) {
        self.init(
            number: manifest.number,
            offset: manifest.offset,
            timeline: manifest.timeline,
            lsn: manifest.lsn,
            commitTime: manifest.commitTime,
            writtenAt: manifest.writtenAt,
            sectionCount: manifest.sections.count,
            runCount: manifest.sections.reduce(0) { $0 + $1.runs.count },
            entryCount: manifest.sections.reduce(0) { $0 &+ $1.entryCount },
            byteCount: manifest.sections.reduce(0) { $0 &+ $1.byteCount }
        )
    }
}

extension StateFolder {
    /// What the folder holds now.
    public var statistics: StateStatistics {
        let free = source.fileSystem.freeByteCount(path)
        return contents.withLock { contents in
            StateStatistics(
                byteCount: contents.byteCount,
                byteMax: options.byteMax,
                freeByteCount: free,
                runCount: contents.runCount,
                fileCount: contents.fileCount,
                manifests: contents.manifests.map(StateStatistics.Manifest.init),
                refused: contents.refused
            )
        }
    }
}
