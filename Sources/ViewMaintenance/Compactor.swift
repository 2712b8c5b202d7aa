import Dispatch
import EventLog
import Logging
import Relational
import Synchronization

/// Compacts the log beside the fold, on a thread of its own.
///
/// 1. Every so often it looks whether a run is due (`CompactionNeed`); somebody may ask for one at any time.
/// 2. The stores write down how far they are, durably, and the log takes note of it: that is their cursors. While the fold has no time for
///    that, because it builds views, a run waits, unless it is due by age or asked for.
/// 3. The log is compacted, at a limited rate. A run that fails is tried again with growing pauses. Appending and folding go on meanwhile.
final class Compactor: Sendable {
    /// A run that somebody waits for.
    struct Request: Sendable {
        var relation: String?
        var isDryRun: Bool
        var reply: FoldRequest.Reply<CompactionOutcome>
    }

    private struct State {
        var requests: [Request] = []
        var isClosed = false
        var shown = Status.Log.Compaction()
        /// Memory of the keys that the run under way looks at.
        var keyMapByteCount = 0
    }

    private let log: EventLog
    private let mailbox: FoldMailbox
    private let logger: Logger
    private let settings: CompactionSettings
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let isStopping = Flag()

    init(log: EventLog, mailbox: FoldMailbox, logger: Logger, settings: CompactionSettings) {
        self.log = log
        self.mailbox = mailbox
        self.logger = logger
        self.settings = settings
    }

    /// How it stands, for status.
    var status: Status.Log.Compaction { state.withLock { $0.shown } }

    /// Memory of the keys that the run under way looks at, and what it may be.
    var keyMapByteCounts: (now: Int, max: Int) {
        (state.withLock { $0.keyMapByteCount }, settings.options.keyMapByteLimit)
    }

    /// Asks for a run; it begins when the one under way has ended.
    func post(_ request: Request) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.requests.append(request) }
            return state.isClosed
        }
        if isClosed { request.reply(.failure(Self.stopping)) } else { wake.signal() }
    }

    /// Ends the run under way and the thread.
    func stop() {
        isStopping.set()
        wake.signal()
    }

    private static let stopping = MaintenanceError(
        .stopping,
        "the daemon is stopping",
        hint: "start it with: leftfold run"
    )

    // MARK: The thread

    /// Works until it is told to stop.
    @Sendable
    func run() {
        defer { close() }
        let clock = ContinuousClock()
        var next = clock.now + settings.checkInterval
        var pause = settings.pauseMin
        var memory = Memory()
        while true {
            wait(until: next, clock)
            if isStopping.isSet { return }
            while let request = takeRequest() {
                request.reply(serve(request))
                if isStopping.isSet { return }
            }
            guard clock.now >= next else { continue }
            do {
                next = clock.now + (try runIfDue(&memory))
                pause = settings.pauseMin
            } catch {
                logger.error("compaction failed and is tried again in \(pause): \(error)")
                next = clock.now + pause
                pause = min(pause * 2, settings.pauseMax)
            }
        }
    }

    private func wait(until end: ContinuousClock.Instant, _ clock: ContinuousClock) {
        let left = max(end - clock.now, .zero).components
        _ = wake.wait(timeout: .now() + Double(left.seconds) + Double(left.attoseconds) * 1e-18)
    }

    private func takeRequest() -> Request? {
        state.withLock { $0.requests.isEmpty ? nil : $0.requests.removeFirst() }
    }

    private func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            let waiting = state.requests
            state.requests = []
            return waiting
        }
        for request in waiting { request.reply(.failure(Self.stopping)) }
    }

    // MARK: Runs

    /// What the thread remembers from one look to the next.
    private struct Memory {
        var oldest = OldestRecord()
        /// How long it rests after a run that could not move `clean`: something is in the way that a run cannot tell beforehand.
        var rest = Duration.zero
    }

    private static let restMax = Duration.seconds(600)

    /// Returns how long until the next look.
    private func runIfDue(_ memory: inout Memory) throws -> Duration {
        guard let reason = try reason(&memory.oldest) else {
            noteNothingDue()
            return settings.checkInterval
        }
        let isNoted = try noteCursors()
        if reason == .size {
            // By now the stores may turn out to be in the way.
            guard isNoted, try self.reason(&memory.oldest, bound: leastCursor) != nil else {
                return settings.checkInterval
            }
        }
        let clean = log.statistics.clean
        _ = try perform(CompactionJob(log: log, settings: settings))
        if log.statistics.clean > clean {
            memory.rest = .zero
            return settings.checkInterval
        }
        memory.rest = min(max(memory.rest * 2, settings.checkInterval), Self.restMax)
        return memory.rest
    }

    private func reason(
        _ oldest: inout OldestRecord,
        bound: Offset = Offset(.max)
    ) throws -> CompactionNeed.Reason? {
        do {
            let statistics = log.statistics
            let time = try oldest.time(in: log, above: statistics.clean)
            let need = CompactionNeed(statistics, oldestDirtyTime: time, bound: bound)
            return need.reason(maxLag: settings.options.maxLag, now: settings.now())
        } catch {
            noteFailure(error)
            throw error
        }
    }

    /// The place of the last one who still reads the log.
    private var leastCursor: Offset {
        var options = settings.options
        options.now = settings.now()
        let least = CursorReport.all(of: log, options).first { !$0.isExpired }
        return Offset(least?.offset ?? .max)
    }

    private func serve(_ request: Request) -> Result<CompactionOutcome, MaintenanceError> {
        do {
            if !request.isDryRun { _ = try noteCursors() }
            let run = CompactionJob(
                log: log,
                settings: settings,
                relation: request.relation,
                isDryRun: request.isDryRun
            )
            return .success(try perform(run))
        } catch {
            return .failure(FoldLoop.describe(error))
        }
    }

    private func perform(_ run: CompactionJob) throws -> CompactionOutcome {
        state.withLock { $0.shown.state = .running }
        defer { state.withLock { $0.keyMapByteCount = 0 } }
        do {
            let outcome = try run.perform { progress in
                note(progress)
                return !isStopping.isSet
            }
            noteEnd(outcome)
            // Views that are above the horizon by now go on after a restart.
            if outcome.segmentsWritten > 0 { _ = try? noteCursors() }
            return outcome
        } catch let error as MaintenanceError {
            // Nothing was tried: what was asked for makes no sense.
            state.withLock { $0.shown.end(as: $0.shown.error == nil ? .idle : .failed) }
            throw error
        } catch {
            noteFailure(error)
            throw error
        }
    }

    // MARK: Cursors

    /// Lets the log know how far the stores are; false when the fold has no time to say it.
    private func noteCursors() throws -> Bool {
        let answer = Answer()
        mailbox.post(.noteProgress { answer.fill($0) })
        guard case .success(let note) = answer.wait(for: settings.patience, unless: isStopping) else { return false }
        do {
            try log.noteCursors(note.cursors)
            // Stores that the configuration names no more hold nothing.
            let prefix = FoldLoop.cursorName(ofStore: "")
            for cursor in log.cursors where cursor.name.hasPrefix(prefix) && !note.names.contains(cursor.name) {
                try log.removeCursor(cursor.name)
            }
        } catch {
            noteFailure(error)
            throw error
        }
        return true
    }

    /// What the fold answers, now or never.
    private final class Answer: Sendable {
        private let result = Mutex<Result<ProgressNote, MaintenanceError>?>(nil)
        private let filled = DispatchSemaphore(value: 0)

        func fill(_ result: Result<ProgressNote, MaintenanceError>) {
            self.result.withLock { $0 = result }
            filled.signal()
        }

        func wait(for patience: Duration, unless isOver: Flag) -> Result<ProgressNote, MaintenanceError>? {
            let end = ContinuousClock.now + patience
            while !isOver.isSet, ContinuousClock.now < end {
                if filled.wait(timeout: .now() + .milliseconds(50)) == .success { return result.withLock { $0 } }
            }
            return nil
        }
    }

    // MARK: Status

    private func note(_ progress: CompactionProgress) {
        let share =
            progress.bytesTotal > 0 ? min(progress.bytesDone, progress.bytesTotal) * 100 / progress.bytesTotal : 100
        state.withLock { state in
            state.shown.progress = "\(progress.step.rawValue), \(share) %"
            state.keyMapByteCount = progress.keyMapByteCount
        }
    }

    private func noteEnd(_ outcome: CompactionOutcome) {
        state.withLock { state in
            state.shown.end(as: .idle)
            if !outcome.isDryRun {
                state.shown.error = nil
                // A run that found nothing to do says nothing of the last one.
                if outcome.segmentsRead > 0 { state.shown.lastRun = outcome }
            }
        }
        guard outcome.segmentsWritten > 0 else { return }
        logger.info(
            "the log was compacted",
            metadata: [
                "horizon": "\(outcome.horizon)", "bytes": "\(outcome.bytesBefore) to \(outcome.bytesAfter)",
                "records": "\(outcome.recordsBefore) to \(outcome.recordsAfter)", "ms": "\(outcome.durationMs)",
            ]
        )
    }

    private func noteNothingDue() {
        state.withLock { state in
            state.shown.error = nil
            state.shown.end(as: .idle)
        }
    }

    private func noteFailure(_ error: any Error) {
        let described = FoldLoop.describe(error)
        let code = (error as? LogError)?.code.name.replacing(" ", with: "_") ?? described.code.name
        state.withLock { state in
            state.shown.end(as: .failed)
            state.shown.failedRuns += 1
            state.shown.error = Status.Failure(code: code, message: "\(error)", hint: described.hint)
        }
    }
}

extension Status.Log.Compaction {
    fileprivate mutating func end(as state: State) {
        self.state = state
        progress = nil
    }
}
