import EventLog
import Logging

/// The log's thread: everything appended becomes durable here, many commits with one fdatasync.
///
/// A single commit is flushed at once. In a burst the thread rests between flushes: few large ones leave the cores to those who read and
/// fold. Without space it tries again every second until there is some; whoever appends is held back meanwhile.
struct LogFlusher: Sendable {
    /// A flush of this much is one of a burst.
    private static let burstByteCount: Int64 = 16 << 10
    private static let pausesBetweenAttempts = 10
    private static let pause = Duration.milliseconds(100)

    let log: EventLog
    let source: (any ChangeSource)?
    let logger: Logger
    let isStopping: Flag

    /// Flushes until it is told to stop and nothing waits, or what waits finds no space.
    ///
    /// - Throws: when the log is poisoned.
    @Sendable
    func run() throws {
        var isShort = false
        while true {
            let isLast = isStopping.isSet
            do throws(LogError) {
                let isDone = try !flushOnce()
                if isShort { logger.notice("the log has space again and goes on") }
                isShort = false
                if isDone, isLast { return }
            } catch {
                guard error.code == .diskFull else { throw error }
                if !isShort { warn(error) }
                isShort = true
                if isLast { return }
                waitBeforeNextAttempt()
            }
        }
    }

    /// Flushes what waits, or waits for it; false when nothing came.
    private func flushOnce() throws(LogError) -> Bool {
        guard try log.waitForAppend(timeout: .milliseconds(200)) else { return false }
        let before = log.frontier.byteCount
        let flushed = try log.flush().byteCount - before
        source?.wake()
        if flushed >= Self.burstByteCount { OwnThread.sleep(.milliseconds(2)) }
        return true
    }

    private func warn(_ shortage: LogError) {
        logger.warning(
            "the log waits for space and takes nothing more from the source: \(shortage)",
            metadata: ["hint": "\(shortage.hint ?? "")", "next_offset": "\(log.frontier.nextOffset)"]
        )
    }

    private func waitBeforeNextAttempt() {
        for _ in 0..<Self.pausesBetweenAttempts where !isStopping.isSet { OwnThread.sleep(Self.pause) }
    }
}
