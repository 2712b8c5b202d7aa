public import EventLog

/// A place where a log under test lives. It sets what only its backend has (segment and buffer sizes) from its own seed, so that
/// two fixtures of one seed behave alike.
public protocol LogFixture: AnyObject {
    associatedtype Log: LogBackend

    /// Opens the log for writing as a further process would, creating it the first time. The log opened before was closed or has crashed.
    func open() throws -> Log

    /// Told before the suite begins something else, for faults that strike one kind of call only.
    func willBegin(_ activity: LogActivity)

    /// Whether `compact` takes anything away: a log that keeps everything is a log, but keeps no promise of what leaves.
    var isCompacting: Bool { get }

    /// What can be made to go wrong; nil when nothing can.
    var faults: (any LogFaults)? { get }
}

extension LogFixture {
    public func willBegin(_ activity: LogActivity) {}
}

/// What the suite is doing to a log.
public enum LogActivity: Sendable {
    /// Opening: for the first time, or again.
    case creating, opening
    case running, following, compacting, movingCursors
}

/// What can go wrong below a log. "Calls" are those that the backend makes to whatever keeps its bytes.
public protocol LogFaults: AnyObject {
    /// Calls so far that change something or make it durable.
    var callCount: Int { get }

    /// Stops the process at the `call`-th such call from now (0 is the next one): it does not happen, or half of it, and all later ones
    /// fail until `crash`.
    func stop(atCall call: Int)

    /// Whether the process was stopped.
    var isStopped: Bool { get }

    /// Ends the process, and with some seeds the machine, and makes `LogFixture.open` work again; of what was not durable the seed says what
    /// is left.
    func crash(seed: UInt64)

    /// Calls so far that need space.
    var allocationCount: Int { get }

    /// Leaves no space from the `allocation`-th such call from now on, until `free`.
    func fill(atAllocation allocation: Int)

    /// Whether the space has run out.
    var isFull: Bool { get }

    /// Gives space again.
    func free()
}
