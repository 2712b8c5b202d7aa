import Dispatch
import Foundation
import PostgresClient
import Relational

/// Tells the server what is durable, in time, even while the source's thread is blocked in the log.
///
/// The connection has one user at a time: the source's thread holds `lock` while it streams and lends it out around calls that
/// may block; only then this object's own thread may send a status.
final class FeedbackKeeper: @unchecked Sendable {
    // @unchecked Sendable: everything mutable is touched with `lock` held; `output` only for its thread-safe position.
    private let lock = NSLock()
    private let connection: PostgresConnection
    private let output: any SourceOutput
    private let status: StatusBoard
    private let interval: Duration
    private let signal: WakeSignal
    private let ended = DispatchSemaphore(value: 0)
    private(set) var lastSent = ContinuousClock.now
    private(set) var confirmed = LSN.zero

    /// Takes the lock for the calling thread. `timeout` is the server's `wal_sender_timeout`; nil for none.
    init(
        _ connection: PostgresConnection,
        output: any SourceOutput,
        status: StatusBoard,
        timeout: Duration?
    ) throws(PostgresError) {
        self.connection = connection
        self.output = output
        self.status = status
        interval = min(timeout.map { $0 / 3 } ?? .seconds(10), .seconds(10))
        signal = try WakeSignal()
        lock.lock()
    }

    /// Starts the thread that steps in.
    func start() {
        let thread = Thread { [self] in
            while !signal.isStopped {
                signal.wait(interval / 2)
                guard !signal.isStopped, lock.try() else { continue }
                // A failure shows on the source's thread as soon as it reads again.
                if isDue(.now) { try? send(requestsReply: false) }
                lock.unlock()
            }
            ended.signal()
        }
        thread.name = "leftfold-feedback"
        thread.start()
    }

    /// Ends the thread and waits for it.
    func stop() {
        lock.unlock()
        signal.stop()
        ended.wait()
    }

    /// Runs what may block without keeping the server waiting.
    func lend<Result>(_ body: () throws -> Result) rethrows -> Result {
        lock.unlock()
        defer { lock.lock() }
        return try body()
    }

    /// When the server must hear of us again.
    var deadline: ContinuousClock.Instant { lastSent + interval }

    func isDue(_ now: ContinuousClock.Instant) -> Bool { now >= deadline }

    /// Sends a status; the caller holds the connection.
    func send(requestsReply: Bool) throws(PostgresError) {
        // Commit point 1 has passed for this position: it is fsynced. Nothing else is ever confirmed.
        let durable = output.durablePosition.lsn
        guard durable > .zero else { return }
        let status = StandbyStatus(durable: durable, time: WallClock.microseconds, requestsReply: requestsReply)
        let bytes = status.encode()
        lastSent = .now
        var failure: PostgresError?
        bytes.withUnsafeBytes { bytes in
            do throws(PostgresError) {
                try connection.sendCopyMessage(bytes)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        confirmed = max(confirmed, durable)
        self.status.update { $0.confirmed = durable }
    }
}
