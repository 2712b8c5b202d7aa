import StateFiles
import Synchronization

/// One piece of a circuit's state as files hold it: its runs, and how much of what was handed over is in them.
///
/// The fold's thread hands parts over and takes new runs in; one other thread writes and merges. What is handed over stays readable in
/// memory until the fold has taken in the runs that hold it.
final class Spine: Sendable {
    /// What is known of the files at one moment.
    struct Content: Sendable {
        /// Oldest first.
        var runs: [Run] = []
        /// Parts up to this sequence number are in the runs.
        var written: UInt64 = 0
        /// Grows with every change.
        var version: UInt64 = 0
    }

    let name: String
    let rule: MergeRule
    private let content = Mutex(Content())

    init(name: String, rule: MergeRule) {
        self.name = name
        self.rule = rule
    }

    var current: Content { content.withLock { $0 } }

    /// What is there now, when it is not what was there at `version`.
    func content(after version: UInt64) -> Content? {
        content.withLock { $0.version == version ? nil : $0 }
    }

    /// The runs that a checkpoint names.
    func restore(_ runs: [Run]) {
        content.withLock { content in
            content.runs = runs
            content.version += 1
        }
    }

    /// Adds the runs of a part; what was there before a whole one is void.
    func install(_ runs: [Run], through sequence: UInt64, isWhole: Bool) {
        content.withLock { content in
            content.runs = isWhole ? runs : content.runs + runs
            content.written = sequence
            content.version += 1
        }
    }

    /// Puts the run that they were merged into in the place of neighbours; nil when nothing is left of them.
    func replace(_ range: Range<Int>, by run: Run?) {
        content.withLock { content in
            content.runs.replaceSubrange(range, with: run.map { [$0] } ?? [])
            content.version += 1
        }
    }
}

/// Entries that wait to be written. Nobody changes them any more.
protocol StateSource: AnyObject, Sendable {
    /// Bytes of memory held.
    var byteCount: Int { get }

    /// Appends entries from a place on, 0 at first, until the batch holds about `byteLimit`; returns the next place, nil at the end.
    func append(from place: Int, to batch: inout EntryBatch, byteLimit: Int) -> Int?
}

/// What one spine gets next.
struct StatePart: Sendable {
    let spine: Spine
    let sequence: UInt64
    /// Whether it is all that there is.
    let isWhole: Bool
    /// Oldest first.
    let sources: [any StateSource]

    /// Bytes of memory that its sources hold.
    var byteCount: Int { sources.reduce(0) { $0 + $1.byteCount } }

    /// Writes the part as runs and has the spine take them in; nothing happens when that was done before. `batchByteMax` are sorted at once.
    func write(into folder: StateFolder, batchByteMax: Int = 32 << 20) throws(StateError) {
        guard spine.current.written < sequence else { return }
        let runs = try folder.write(sources, rule: spine.rule, batchByteMax: batchByteMax)
        spine.install(runs, through: sequence, isWhole: isWhole)
    }
}
