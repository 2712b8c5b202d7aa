import Dispatch
import Logging
import Relational
import Synchronization
import ViewStores

/// One store as others see it: the queue of its jobs, how far it is, what it reports. Safe from any thread.
///
/// The store itself is owned by a thread of its own (`StoreKeeper`), which takes the jobs. Whatever the store does, no call here waits
/// for it.
final class StoreWorker: Sendable {
    /// A view that its store refuses for good.
    struct Refusal: Sendable {
        var view: String
        var attachment: UInt64
        var error: StoreError
        /// Where the view's rows stay.
        var frontier: Frontier
    }

    /// Somebody who wants the store's progress written down durably, without waiting for jobs or retries.
    struct Note: Sendable {
        /// The views that follow the fold, with their attachments, and how far it was.
        var views: [(table: ViewTable, attachment: UInt64)]
        var frontier: Frontier
        var reply: @Sendable (Result<Offset, StoreError>) -> Void
    }

    /// What the store's thread does next.
    enum Step: Sendable {
        case open
        /// Ask a store that failed, and has nothing to do, whether it is there again.
        case probe
        /// Look whether the name of a refused view is free by now.
        case look(TakenNames.Entry)
        case note(Note)
        case job(StoreJob)
        /// Write rows that nobody reads yet, with the next steps in between.
        case stage(StoreStaging)
    }

    struct State {
        var kind: String
        var location: String
        var isOpen = false
        /// Whether two views can change places; nil until it is open.
        var exchangesViews: Bool?
        var queue = StoreQueue()
        /// The job that is being done, or tried again.
        var current: StoreJob?
        /// What is written whenever there is no job.
        var staging: StoreStaging?
        /// Whether the thread is inside the store.
        var isBusy = false
        /// Whether `current`, which the store is at, goes when it does not succeed now.
        var isCurrentCleared = false
        /// Everything up to here is committed, unless its views are detached.
        var applied = Frontier.start
        /// The last attachment that is over, one way or another.
        var settledTicket: UInt64 = 0
        /// Progress of each view, as of the last commit.
        var held: [String: StoreProgress] = [:]
        var outage: StoreOutage?
        var nextAttempt: ContinuousClock.Instant?
        /// Whether the store answered since it failed.
        var hasAnswered = false
        /// Whether its views lack rows that are not in the queue: nothing but an attachment helps them.
        var isDetached = false
        /// Whether the store went back behind its own commits, and the fold has not heard of it.
        var hasLost = false
        var losses = StoreLosses()
        /// How many rows the difference had by which a view was attached last.
        var differences: [String: Int] = [:]
        var refusals: [Refusal] = []
        var names = TakenNames()
        /// Attachments whose names have become free, and the fold has not heard of it.
        var freed: [UInt64] = []
        var fatal: (any Error)?
        var notes: [Note] = []
        var isStopping = false
        var warning: String?
    }

    let name: String
    let limits: StoreLimits
    let news: StoreNews
    private let logger: Logger
    let state: Mutex<State>
    let wake = DispatchSemaphore(value: 0)
    let clock = ContinuousClock()

    init(_ name: String, _ opening: StoreOpening, _ limits: StoreLimits, _ news: StoreNews, _ logger: Logger) {
        self.name = name
        self.limits = limits
        self.news = news
        self.logger = logger
        state = Mutex(State(kind: opening.kind, location: opening.location))
    }

    // MARK: The fold's side

    /// How the store stands, at one moment.
    var glance: StoreGlance { state.withLock { StoreGlance($0) } }

    /// What the store holds of this log, as of its last commit.
    var held: [StoreProgress] { state.withLock { Array($0.held.values) } }

    /// How many rows the differences had by which views were attached last, by view.
    var differences: [String: Int] { state.withLock { $0.differences } }

    /// A new circuit begins at `frontier`, and no attachment up to `ticket` is under way.
    func begin(at frontier: Frontier, settled ticket: UInt64) {
        move { state in
            state.applied = frontier
            state.settledTicket = ticket
        }
    }

    /// The fold has come to `frontier`, with nothing for this store since the last job.
    func mark(_ frontier: Frontier) {
        move { state in
            if state.current == nil, state.queue.isEmpty {
                state.applied = frontier
            } else {
                state.queue.append(.mark(frontier))
            }
        }
    }

    func post(_ job: StoreJob) {
        state.withLock { state in
            if case .attach = job { state.isDetached = false }
            state.queue.append(job)
        }
        wake.signal()
    }

    func post(_ note: Note) {
        state.withLock { $0.notes.append(note) }
        wake.signal()
    }

    /// Forgets the jobs that wait; one that the store is at is not tried again. What readers see stays as it is.
    func detach(through ticket: UInt64) {
        state.withLock { state in
            state.isDetached = true
            state.staging = nil
            state.queue.removeAll()
            state.settledTicket = max(state.settledTicket, ticket)
            if state.isBusy, state.current != nil { state.isCurrentCleared = true } else { state.current = nil }
        }
        wake.signal()
    }

    /// Whether the store has lost commits since the last call.
    func takeLoss() -> Bool {
        state.withLock { state in
            defer { state.hasLost = false }
            return state.hasLost
        }
    }

    /// A detached store without views goes on from `frontier`.
    func rejoin(at frontier: Frontier) {
        move { state in
            state.isDetached = false
            state.outage = nil
            state.applied = frontier
        }
    }

    /// What was refused since the last call.
    func takeRefusals() -> [Refusal] {
        state.withLock { state in
            let taken = state.refusals
            state.refusals = []
            return taken
        }
    }

    /// Ends the thread after the call it is in.
    func stop() {
        state.withLock { $0.isStopping = true }
        wake.signal()
    }

    private func move(_ change: (inout State) -> Void) {
        state.withLock { state in
            change(&state)
            // Under the lock, so that frontiers are published in the order in which they came about.
            news.board.note(store: name, at: state.applied)
        }
    }

    // MARK: The store's side

    /// Waits for the next thing to do; nil when the thread is to end.
    func nextStep() -> Step? {
        while true {
            var pause: Duration?
            let step: Step? = state.withLock { state in
                guard !state.isStopping, state.fatal == nil else { return nil }
                if !state.notes.isEmpty { return .note(state.notes.removeFirst()) }
                let now = clock.now
                if let next = state.nextAttempt, next > now {
                    pause = next - now
                    return nil
                }
                // A store that fails has its jobs, or is asked, first.
                let looks = state.isOpen && state.outage == nil
                if looks, let entry = state.names.due(at: now) { return .look(entry) }
                if let step = Self.due(&state) { return step }
                pause = looks ? state.names.next.map { max($0 - now, .zero) } : nil
                return nil
            }
            if let step { return step }
            if state.withLock({ $0.isStopping }) { return nil }
            wait(pause)
        }
    }

    private static func due(_ state: inout State) -> Step? {
        guard state.isOpen else {
            state.isBusy = true
            return .open
        }
        if let job = takeJob(&state) { return .job(job) }
        if let staging = state.staging, state.outage == nil { return .stage(staging) }
        return state.outage != nil && !state.hasAnswered ? .probe : nil
    }

    static func takeJob(_ state: inout State) -> StoreJob? {
        if state.current == nil { state.current = state.queue.removeFirst() }
        if state.current != nil { state.isBusy = true }
        return state.current
    }

    private func wait(_ pause: Duration?) {
        guard let pause else { return wake.wait() }
        let (seconds, attoseconds) = pause.components
        _ = wake.wait(timeout: .now() + Double(seconds) + Double(attoseconds) * 1e-18)
    }

    /// The store is open and claimed.
    func noteOpen(_ store: NamedStore, holding progress: [StoreProgress]) {
        let wasAway = state.withLock { state in
            let wasAway = state.outage != nil
            state.kind = store.kind
            state.location = store.location
            state.exchangesViews = store.store.exchangesViews
            state.held = Dictionary(progress.map { ($0.view, $0) }) { first, _ in first }
            state.isOpen = true
            state.isBusy = false
            state.outage = nil
            state.nextAttempt = nil
            return wasAway
        }
        if wasAway { logger.notice("store \(name) is back") }
        news.tell()
    }

    /// The job that was given last is done: `progress` is committed, the views in `dropped` are gone.
    func noteDone(_ job: StoreJob, _ progress: [StoreProgress], dropped: [String] = []) {
        var wasAway = false
        var isNews = false
        if case .attach(let attachment) = job {
            news.board.forgetVerifications(of: attachment.views.map(\.table.name) + dropped)
        }
        move { state in
            for step in progress { state.held[step.view] = step }
            for view in dropped { state.held[view] = nil }
            switch job {
            case .mark(let frontier): state.applied = frontier
            case .epoch(let epoch): state.applied = epoch.end
            case .attach(let attachment):
                state.applied = attachment.frontier
                state.differences.merge(attachment.differences) { $1 }
                for view in attachment.views where !view.isDifference { state.differences[view.table.name] = nil }
                for view in attachment.views { state.names.forget(view.table.name) }
                state.settledTicket = max(state.settledTicket, attachment.ticket)
                isNews = true
            case .exchange(let exchange):
                state.settledTicket = max(state.settledTicket, exchange.ticket)
                isNews = true
            }
            // Nothing but an attachment helps a detached store, and that waits for the job it was at.
            if state.isDetached { isNews = true }
            state.isBusy = false
            state.isCurrentCleared = false
            state.current = nil
            guard !progress.isEmpty || !dropped.isEmpty else { return }
            wasAway = state.outage != nil
            state.outage = nil
            state.nextAttempt = nil
            state.hasAnswered = false
        }
        if wasAway { logger.notice("store \(name) is back") }
        if wasAway || isNews { news.tell() } else { news.tellListener() }
    }

    /// The store answers again. Where views are to be attached, only that shows whether it can be written to.
    func noteAnswer() {
        let isBack = state.withLock { state in
            state.hasAnswered = true
            if state.isDetached { return false }
            state.outage = nil
            return true
        }
        if isBack { logger.notice("store \(name) is back") }
        news.tell()
    }

    /// The store has lost commits, and has `progress` now: what waits for it is of no use, its views are built again.
    func lose(leaving progress: [StoreProgress]) {
        state.withLock { state in
            state.held = Dictionary(progress.map { ($0.view, $0) }) { first, _ in first }
            state.hasLost = true
            state.losses.note(at: clock.now, limits)
            state.isDetached = true
            state.staging = nil
            state.queue.removeAll()
            state.current = nil
            state.isBusy = false
            state.isCurrentCleared = false
        }
        logger.error("store \(name) has lost rows that were committed; its views are built again from the log")
        news.tell()
    }

    /// What the store would like to have mended, if anything.
    func note(warning: String?) {
        let isNew = state.withLock { state in
            guard state.warning != warning else { return false }
            state.warning = warning
            return true
        }
        if isNew, let warning { logger.warning("store \(name): \(warning)") }
    }

    func noteProgress(_ progress: [StoreProgress]) {
        state.withLock { state in for step in progress { state.held[step.view] = step } }
    }

    func refuse(_ view: String, _ attachment: UInt64, because error: StoreError) {
        state.withLock { state in
            state.refusals.append(
                Refusal(view: view, attachment: attachment, error: error, frontier: state.applied)
            )
        }
        news.tell()
    }

    /// The store failed and is tried again after a pause.
    func fail(_ error: StoreError) {
        let (isNew, pause) = state.withLock { state in
            let isNew = state.outage?.error.message != error.message
            var outage = state.outage ?? StoreOutage(error: error, since: PostgresTime.now)
            outage.error = error
            outage.failures += 1
            let pause = limits.delay(after: outage.failures)
            state.outage = outage
            state.nextAttempt = clock.now + pause
            state.hasAnswered = false
            state.isBusy = false
            if state.isCurrentCleared { state.current = nil }
            state.isCurrentCleared = false
            return (isNew, pause)
        }
        if isNew {
            logger.error(
                "store \(name) fails and is tried again in \(Int(pause / .milliseconds(1))) ms: \(error.message)"
            )
        }
        news.tell()
    }

    /// The fold cannot go on with this store.
    func give(up error: any Error) {
        state.withLock { state in
            state.fatal = error
            state.isBusy = false
        }
        news.tell()
    }
}
