import Relational
import ViewStores

/// Since when and why a store fails.
struct StoreOutage: Sendable {
    var error: StoreError
    /// Microseconds since 2000-01-01 UTC.
    var since: Int64
    /// In a row.
    var failures = 0
}

/// A store at one moment.
struct StoreGlance: Sendable {
    var kind: String
    var location: String
    var isOpen: Bool
    var exchangesViews: Bool?
    var outage: StoreOutage?
    var nextAttempt: ContinuousClock.Instant?
    var applied: Frontier
    var settledTicket: UInt64
    /// Bytes of rows that wait, and of those that are on their way into the store.
    var queuedBytes: Int
    /// Bytes of those that wait.
    var waitingBytes: Int
    var isDetached: Bool
    private var ownWarning: String?
    private var losses: StoreLosses
    /// Whether nothing waits and nothing is being done.
    var isIdle: Bool
    /// Whether it has not answered since it failed.
    var isFailing: Bool
    /// Whether a view may be attached: the store is open, and has answered since it failed.
    var isReady: Bool
    var fatal: (any Error)?

    init(_ state: StoreWorker.State) {
        kind = state.kind
        location = state.location
        isOpen = state.isOpen
        exchangesViews = state.exchangesViews
        outage = state.outage
        nextAttempt = state.nextAttempt
        applied = state.applied
        settledTicket = state.settledTicket
        queuedBytes = state.queue.byteCount + (state.current?.byteCount ?? 0)
        waitingBytes = state.queue.byteCount
        isDetached = state.isDetached
        ownWarning = state.warning
        losses = state.losses
        isIdle = state.queue.isEmpty && state.current == nil
        isFailing = state.outage != nil && !state.hasAnswered
        isReady = state.isOpen && (state.outage == nil || state.hasAnswered)
        fatal = state.fatal
    }
}

extension StoreGlance {
    /// Whether it has been opened, or failed to.
    var isTried: Bool { isOpen || outage != nil || fatal != nil }

    var warning: String? { losses.warning(at: .now) ?? ownWarning }

    /// When its views may be built again; nil for now.
    var buildsAfter: ContinuousClock.Instant? { losses.end.flatMap { $0 > .now ? $0 : nil } }

    /// Whether it does not follow the fold.
    var isAway: Bool { !isOpen || outage != nil || isDetached }
}

extension Status.Store {
    init(_ worker: StoreWorker) {
        self.init(worker.name, worker.glance)
        queueLimitBytes = Int64(worker.limits.queueByteMax)
    }

    /// How a store that somebody owns stands.
    init(_ name: String, _ glance: StoreGlance) {
        let state =
            if glance.outage != nil {
                glance.isDetached ? "detached" : "retrying"
            } else if glance.isDetached {
                "detached"
            } else {
                glance.isOpen ? "open" : "opening"
            }
        self.init(kind: glance.kind, location: glance.location, state: state, error: glance.outage?.error.message)
        queuedBytes = Int64(glance.queuedBytes)
        warning = glance.warning
        guard let outage = glance.outage else { return }
        detail = outage.error.detail
        hint = outage.error.hint
        failures = outage.failures
        failingSince = PostgresTime.text(outage.since)
        if let next = glance.nextAttempt {
            nextAttemptMs = max(Int64((next - ContinuousClock.now) / .milliseconds(1)), 0)
        }
    }
}
