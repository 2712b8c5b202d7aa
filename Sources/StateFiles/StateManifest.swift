public import Relational

/// A checkpoint: how far the log was folded, and which runs hold the state at that point.
public struct StateManifest: Hashable, Sendable {
    /// The runs of one arrangement.
    public struct Section: Hashable, Sendable {
        /// Chosen by the owner; not empty, without spaces and line ends.
        public var name: String
        public var rule: MergeRule
        /// Oldest first.
        public var runs: [RunReference]

        public init(name: String, rule: MergeRule, runs: [RunReference]) {
            self.name = name
            self.rule = rule
            self.runs = runs
        }

        public var byteCount: Int64 { runs.reduce(0) { $0 &+ $1.byteCount } }

        public var entryCount: Int { runs.reduce(0) { $0 &+ $1.entryCount } }
    }

    /// The log that was folded; given by `publish`.
    public internal(set) var logID: String
    /// The version of the rules of evaluation; given by `publish`.
    public internal(set) var semantics: Int
    /// Grows with each manifest of a folder; given by `publish`.
    public internal(set) var number: UInt64
    /// The first offset that is not folded yet.
    public var offset: Offset
    public var timeline: UInt32
    public var lsn: LSN
    /// Of the last commit folded, in microseconds since 2000.
    public var commitTime: Int64
    /// In microseconds since 2000.
    public var writtenAt: Int64
    public var sections: [Section]
    /// Small things that the owner wants back, by name; a name is as that of a section.
    public var notes: [String: [UInt8]]

    public init(
        logID: String = "",
        semantics: Int = 0,
        number: UInt64 = 0,
        offset: Offset,
        timeline: UInt32,
        lsn: LSN,
        commitTime: Int64,
        writtenAt: Int64,
        sections: [Section] = [],
        notes: [String: [UInt8]] = [:]
    ) {
        self.logID = logID
        self.semantics = semantics
        self.number = number
        self.offset = offset
        self.timeline = timeline
        self.lsn = lsn
        self.commitTime = commitTime
        self.writtenAt = writtenAt
        self.sections = sections
        self.notes = notes
    }

    /// The ids of all runs.
    var runIDs: Set<UInt64> { Set(sections.lazy.flatMap(\.runs).map(\.id)) }
}
