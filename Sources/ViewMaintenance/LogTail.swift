public import EventLog
public import Relational

/// A page of change envelopes from the log.
public struct LogTailPage: Codable, Sendable {
    public var lines: [String]
    /// Where the next page begins.
    public var nextOffset: Int64

    public init(lines: [String], nextOffset: Int64) {
        self.lines = lines
        self.nextOffset = nextOffset
    }

    /// Reads whole source commits from `offset` on until at least `limit` records are there or the log's durable end is reached.
    ///
    /// In a compacted part of the log a page holds whole frames of what is left. Waits up to `patience` for the first one, or until `isOver`, which is asked whenever the log's readers are woken. A commit is never
    /// split, so a page holds as many lines as the commit that crosses the limit.
    public static func read(
        _ log: EventLog,
        from offset: Offset,
        limit: Int,
        patience: Duration,
        sourceName: String,
        version: String,
        isOver: () -> Bool = { false }
    ) throws -> LogTailPage {
        var page = LogTailPage(lines: [], nextOffset: offset.rawValue)
        let clock = ContinuousClock()
        let end = clock.now + patience
        while true {
            let wakeCount = log.wakeCount
            let seen = log.frontier.nextOffset
            if offset < seen {
                try page.fill(from: offset, log, limit, sourceName, version)
                if !page.lines.isEmpty { return page }
            }
            let left = end - clock.now
            if left <= .zero || isOver() { return page }
            // Frames without records move the page on; the wait is for the first change.
            _ = try log.waitForFrontier(beyond: max(offset, seen), timeout: left, since: wakeCount)
        }
    }

    private mutating func fill(
        from offset: Offset,
        _ log: EventLog,
        _ limit: Int,
        _ sourceName: String,
        _ version: String
    ) throws {
        var reader = try EnvelopeReader(log, from: offset, sourceName: sourceName, version: version)
        while let page = try reader.next() {
            lines += page.lines
            guard let progress = page.progress else { continue }
            nextOffset = progress.rawValue
            if lines.count >= limit { return }
        }
    }
}
