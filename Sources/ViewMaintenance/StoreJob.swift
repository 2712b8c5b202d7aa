import Dataflow
import Relational
import ViewStores

/// What the fold leaves for a store's thread. A store does its jobs in order.
enum StoreJob: Sendable {
    case epoch(StoreEpoch)
    /// Epochs without anything for the store: only its frontier moves.
    case mark(Frontier)
    case attach(StoreAttachment)
    case exchange(StoreExchange)

    /// Bytes of rows that wait with it.
    var byteCount: Int {
        switch self {
        case .epoch(let epoch): epoch.byteCount
        case .mark, .attach, .exchange: 0
        }
    }
}

/// The changes of one or more whole epochs for one store.
///
/// Sendable: it is the fold's until it is in the queue, under the queue's lock while it waits, then the store's thread's.
final class StoreEpoch: @unchecked Sendable {
    /// Epochs that wait together are joined up to this many bytes: one transaction for many small commits.
    static let joinedByteMax = 1 << 20
    /// What an entry of the queue costs beside its rows, roughly.
    private static let overhead = 512

    private(set) var end: Frontier
    private(set) var deltas: [StoreDelta]
    private(set) var byteCount: Int
    /// What a commit was to write that failed: it may have taken place all the same. The store's thread's own.
    var lost: [StoreProgress]?

    init(end: Frontier, deltas: [StoreDelta]) {
        self.end = end
        self.deltas = deltas
        byteCount = deltas.reduce(0) { $0 + $1.rows.byteCount + Self.overhead }
    }

    /// Takes in the epoch that follows; false when both together would be too much for one transaction.
    func join(_ next: StoreEpoch) -> Bool {
        guard byteCount + next.byteCount <= Self.joinedByteMax else { return false }
        guard deltas.allSatisfy(\.isInMemory), next.deltas.allSatisfy(\.isInMemory) else { return false }
        for delta in next.deltas {
            if let mine = deltas.first(where: { $0.attachment == delta.attachment && $0.table.name == delta.table.name }
            ) {
                mine.append(delta)
            } else {
                deltas.append(delta)
            }
        }
        end = next.end
        byteCount += next.byteCount
        return true
    }
}

/// Views that are put in place of what readers see, and views that go: one transaction of the store.
///
/// Sendable: it is the fold's until it is in the queue, then the store's thread's.
final class StoreAttachment: @unchecked Sendable {
    struct View {
        var table: ViewTable
        var rows: ViewRows
        /// Whether the store's rows are brought to these by a difference, not by a new generation.
        var isDifference = false
        /// Whether the rows are in an unfinished generation already.
        var isStaged = false
        /// What changed since the rows were as they are, up to the attachment's frontier.
        var later: StoreDelta?
    }

    /// Grows with every attachment of an installation's stores.
    let ticket: UInt64
    let frontier: Frontier
    var views: [View]
    var dropped: [String]
    /// How many rows the difference of each view had that was attached by one.
    var differences: [String: Int] = [:]
    /// Whether generations may be gone or have more than the rows in them: they were written before, or an attempt to put them in place
    /// failed for a reason that may pass.
    var isDoubtful: Bool

    init(ticket: UInt64, frontier: Frontier, views: [View], dropped: [String]) {
        self.ticket = ticket
        self.frontier = frontier
        self.views = views
        self.dropped = dropped
        isDoubtful = views.contains(where: \.isStaged)
    }
}

/// Jobs in the order they came.
struct StoreQueue: Sendable {
    private var jobs: [StoreJob] = []
    private var first = 0
    private(set) var byteCount = 0

    var isEmpty: Bool { first == jobs.count }

    /// Adds a job, to the last one where the two are one.
    mutating func append(_ job: StoreJob) {
        byteCount += job.byteCount
        if !isEmpty {
            switch (jobs[jobs.count - 1], job) {
            case (.mark, .mark):
                jobs[jobs.count - 1] = job
                return
            case (.epoch(let last), .epoch(let next)) where last.join(next): return
            default: break
            }
        }
        jobs.append(job)
    }

    mutating func removeFirst() -> StoreJob? {
        guard !isEmpty else { return nil }
        let job = jobs[first]
        first += 1
        byteCount -= job.byteCount
        // The places of jobs that are done go in large steps.
        if first == jobs.count || first > 1024, first * 2 > jobs.count {
            jobs.removeFirst(first)
            first = 0
        } else {
            jobs[first - 1] = .mark(.start)
        }
        return job
    }

    mutating func removeAll() { self = StoreQueue() }
}
