public import Relational

/// The position up to which every published commit is durable.
///
/// - `durable`: the last fsynced commit or position of the log.
/// - `inFlight`: whether a transaction is partly received, or something received is not durable yet.
/// - `keepaliveEnd`: the newest position of which the server said, outside of a transaction, that all before it was sent.
///
/// The answer is at least `durable`, and more only when nothing is in flight. What is more than `durable` goes into the log
/// as a position first: a slot is told `durable`, and nothing else.
public func ackable(durable: LSN, inFlight: Bool, keepaliveEnd: LSN) -> LSN {
    inFlight ? durable : max(durable, keepaliveEnd)
}
