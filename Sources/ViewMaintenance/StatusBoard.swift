public import Relational
import Synchronization

/// What the fold has published, for those who ask and those who wait. Safe from any thread.
public final class StatusBoard: Sendable {
    /// One view as last published.
    public struct ViewEntry: Sendable {
        public var name: String
        public var store: String
        public var state: Status.State
        public var failure: Status.Failure?
        public var progress: String?
        public var rows: Int64?
        public var stateBytes: Int64 = 0
        /// The fingerprint of its definition; empty for one that does not compile.
        public var version = ""
        /// Where the view's rows stand when they do not follow the fold; nil when they do: as far as their store is.
        public var frontier: Frontier?
        /// Where the rows were when they began to follow: never less than this.
        var least: Frontier?
        /// Whether it is the store that fails: it is tried again, and the view goes on when it is back.
        var isStoreAway = false

        public init(name: String, store: String, state: Status.State, failure: Status.Failure? = nil) {
            self.name = name
            self.store = store
            self.state = state
            self.failure = failure
        }
    }

    /// How a wait ended.
    public enum WaitResult: Sendable, Equatable {
        case reached
        case timedOut
        case failed(String)
        /// There is no such view.
        case unknown(String)
    }

    private typealias Resumption = (resume: @Sendable (WaitResult) -> Void, result: WaitResult)

    struct Waiter {
        var lsn: LSN
        var view: String?
        var resume: @Sendable (WaitResult) -> Void
    }

    struct State {
        var frontier = Frontier.start
        var isAtLimit = false
        var views: [ViewEntry] = []
        var stores: @Sendable () -> [String: Status.Store] = { [:] }
        /// How far each store is.
        var applied: [String: Frontier] = [:]
        var epochs: UInt64 = 0
        var records: UInt64 = 0
        /// Whether the set of views is known.
        var hasViews = false
        var closing: String?
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0
        /// By view.
        var verifications: [String: ViewVerification] = [:]
        var schedule: Status.Schedule?
        /// Gets the names of views whose verifications are of rows that are not there any more.
        var forget: @Sendable ([String]) -> Void = { _ in }
        var rebuild: UnfinishedRebuild?
        var checkpoints = CheckpointGlance()
        var memory = FoldMemory()
        /// Memory of all operators' state.
        var stateBytes: Int64 = 0
        /// How far the unit is that is folded in chunks.
        var unitProgress: String?

        func frontier(of view: ViewEntry) -> Frontier {
            if let frontier = view.frontier { return frontier }
            let followed = applied[view.store] ?? frontier
            if let least = view.least, least.offset > followed.offset { return least }
            return followed
        }
    }

    let state = Mutex(State())

    public init() {}

    /// Everything published, at one moment.
    public var published: (frontier: Frontier, views: [ViewEntry], epochs: UInt64, records: UInt64) {
        state.withLock { ($0.frontier, $0.views, $0.epochs, $0.records) }
    }

    public var frontier: Frontier { state.withLock { $0.frontier } }

    /// Whether a bounded fold has taken in everything below its limit, which may lie inside a commit.
    public var isAtLimit: Bool { state.withLock { $0.isAtLimit } }

    /// Called by a bounded fold at its limit.
    func noteLimit() { state.withLock { $0.isAtLimit = true } }

    /// How the stores stand now.
    public var stores: [String: Status.Store] { state.withLock { $0.stores }() }

    /// Where the rows of a published view stand.
    public func frontier(of view: ViewEntry) -> Frontier { state.withLock { $0.frontier(of: view) } }

    /// Whether every view that follows the fold shows all that it has published.
    public var isSettled: Bool {
        state.withLock { state in
            state.views.allSatisfy { $0.frontier != nil || state.frontier(of: $0).offset >= state.frontier.offset }
        }
    }

    // MARK: The fold's side

    /// Shows all views as of `frontier`, after the fold took in `records` more; the progress of a build that goes on is kept.
    func publish(_ frontier: Frontier, views: [ViewEntry], epochs: UInt64 = 0, records: UInt64 = 0) {
        change { state in
            let progress = Dictionary(state.views.map { ($0.name, $0.progress) }) { first, _ in first }
            state.views = views
            for index in views.indices where views[index].state == .building || views[index].state == .rebuilding {
                state.views[index].progress = progress[views[index].name] ?? nil
            }
            state.hasViews = true
            state.frontier = frontier
            state.epochs += epochs
            state.records += records
        }
    }

    /// Shows how a build gets on.
    func show(progress: String, of views: [String]) {
        state.withLock { state in
            for index in state.views.indices where views.contains(state.views[index].name) {
                state.views[index].progress = progress
            }
        }
    }

    /// Shows stores as `describe` says whenever somebody asks; it may be called on any thread.
    func watch(_ describe: @escaping @Sendable () -> [String: Status.Store]) {
        state.withLock { $0.stores = describe }
    }

    /// A store has everything up to `frontier`.
    func note(store: String, at frontier: Frontier) { change { $0.applied[store] = frontier } }

    /// Ends every wait, now and later: nothing will be published any more.
    func close(_ reason: String) { change { $0.closing = reason } }

    // MARK: Waiting

    /// Calls `resume` once: when `view` (or every view) shows every commit up to `lsn`, or cannot any more.
    ///
    /// Returns a number for `endWait`.
    public func wait(
        for lsn: LSN,
        view: String?,
        resume: @escaping @Sendable (WaitResult) -> Void
    ) -> UInt64 {
        change { state in
            let number = state.nextWaiter
            state.nextWaiter += 1
            state.waiters[number] = Waiter(lsn: lsn, view: view, resume: resume)
            return number
        }
    }

    /// Ends a wait that is still open with `result`; one whose time is over because a store fails says that.
    public func endWait(_ number: UInt64, with result: WaitResult) {
        let (waiter, reason) = state.withLock { state in
            let waiter = state.waiters.removeValue(forKey: number)
            return (waiter, waiter.flatMap { Self.reason(of: $0, state) })
        }
        waiter?.resume(result == .timedOut ? reason ?? result : result)
    }

    /// The failure of a store that keeps a wait from its end.
    private static func reason(of waiter: Waiter, _ state: State) -> WaitResult? {
        let away = state.views.first { view in
            view.isStoreAway && (waiter.view == nil || view.name == waiter.view)
                && state.frontier(of: view).position.lsn < waiter.lsn
        }
        return away.map { .failed("view \"\($0.name)\" waits: \($0.failure?.message ?? "store \($0.store) fails")") }
    }

    /// How many waits are open.
    var waiterCount: Int { state.withLock { $0.waiters.count } }

    /// Changes the state, then resumes those whose wait is over, with the lock free.
    private func change<Result: Sendable>(_ body: (inout sending State) -> Result) -> Result {
        let (result, ready) = state.withLock { state in
            let result = body(&state)
            return (result, Self.takeReady(&state))
        }
        for (resume, result) in ready { resume(result) }
        return result
    }

    private static func takeReady(_ state: inout State) -> [Resumption] {
        guard !state.waiters.isEmpty else { return [] }
        var ready: [Resumption] = []
        for (number, waiter) in state.waiters {
            guard let result = verdict(of: waiter, state) else { continue }
            ready.append((waiter.resume, result))
            state.waiters.removeValue(forKey: number)
        }
        return ready
    }

    private static func verdict(of waiter: Waiter, _ state: State) -> WaitResult? {
        if let reason = state.closing { return .failed(reason) }
        guard state.hasViews else { return nil }
        let views = state.views.filter { waiter.view == nil || $0.name == waiter.view }
        if let name = waiter.view, views.isEmpty { return .unknown("view \"\(name)\" does not exist") }
        var isBehind = state.frontier.position.lsn < waiter.lsn
        for view in views {
            let lags = state.frontier(of: view).position.lsn < waiter.lsn
            if view.frontier == nil || view.isStoreAway, lags { isBehind = true }
            switch view.state {
            case .error where view.isStoreAway: break
            case .error:
                // What follows the fold may heal with a commit that is still to come.
                if view.frontier == nil, lags || state.frontier.position.lsn < waiter.lsn { continue }
                return .failed("view \"\(view.name)\" is in state error")
            case .parked: return .failed("view \"\(view.name)\" is in state parked")
            case .building: isBehind = true
            case .rebuilding:
                // The rows that readers see meanwhile follow the fold, unless they had stopped before.
                if view.frontier != nil { isBehind = true }
            case .live, .stopped, .unknown: break
            }
        }
        return isBehind ? nil : .reached
    }
}
