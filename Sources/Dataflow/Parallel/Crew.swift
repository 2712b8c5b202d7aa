import EventLog

/// Threads that share the work of one step.
///
/// Work comes in numbered pieces whose results do not depend on who does them or in which order, so the number of threads changes no byte
/// of any result. A piece may have pieces of its own: a thread that waits for others helps them with those.
///
/// Unchecked: what threads share lies in `Hands`, under its lock.
public final class Crew: @unchecked Sendable {
    /// Works on the calling thread.
    public static let alone = Crew(workers: 1) { _ in }
    /// Threads that work at once, the calling one included.
    public let workers: Int
    /// Rows or keys that make one piece where a batch is split by place. Results may depend on it, never on `workers`.
    let pieceRowCount: Int
    /// Fewer rows than this are not worth waking anybody for.
    let rowsWorthwhile: Int
    /// Scratch memory for pieces, which all operators share.
    let outputs = Spares { PieceOutput() }
    let keys = Spares { KeyBatch() }
    let changes = Spares { KeyedChanges.Output() }
    let places = Spares { ShardedPlaces() }
    private let hands = Hands()

    /// `start` is called `workers − 1` times with what a new thread is to do; those threads end with the object.
    public convenience init(workers: Int, start: (_ body: @escaping @Sendable () -> Void) -> Void) {
        self.init(workers: workers, pieceRowCount: 4096, rowsWorthwhile: 2048, start: start)
    }

    init(
        workers: Int,
        pieceRowCount: Int,
        rowsWorthwhile: Int,
        start: (_ body: @escaping @Sendable () -> Void) -> Void
    ) {
        self.workers = max(workers, 1)
        self.pieceRowCount = pieceRowCount
        self.rowsWorthwhile = rowsWorthwhile
        for _ in 1..<self.workers {
            let hands = hands
            start { hands.work() }
        }
    }

    deinit { hands.end() }

    /// Calls `body` once for each piece, on several threads at once unless `isSmall`, for `atOnceMax` pieces at a time; returns when all have
    /// returned.
    ///
    /// - Throws: what the first of the pieces that threw has thrown; the others have run all the same.
    func run<Failure: Error>(
        _ count: Int,
        isSmall: Bool = false,
        atOnceMax: Int = .max,
        _ body: (_ piece: Int) throws(Failure) -> Void
    ) throws(Failure) {
        if workers == 1 || isSmall || count < 2 {
            var first: Failure?
            for piece in 0..<count {
                do throws(Failure) { try body(piece) } catch { if first == nil { first = error } }
            }
            if let first { throw first }
            return
        }
        let outcomes = Parts<Failure?>(count) { _ in nil }
        let places = outcomes.base
        share(count, atOnceMax) { piece in
            do throws(Failure) { try body(piece) } catch { places[piece] = error }
        }
        for piece in 0..<count { if let failure = outcomes[piece] { throw failure } }
    }

    private func share(_ count: Int, _ atOnceMax: Int, _ body: (Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            let job = Job(count, atOnceMax, body)
            hands.finish(job)
        }
    }

    /// Pieces of work that somebody waits for. Everything is under the lock of `Hands` but `body`, which lasts until all are done.
    private final class Job {
        let count: Int
        private let atOnceMax: Int
        /// Grows from job to job.
        var number = 0
        var begun = 0
        var done = 0
        private var body: ((Int) -> Void)?

        init(_ count: Int, _ atOnceMax: Int, _ body: @escaping (Int) -> Void) {
            self.count = count
            self.atOnceMax = max(atOnceMax, 1)
            self.body = body
        }

        /// Whether as many pieces are being done as may be.
        var isFull: Bool { begun - done >= atOnceMax }

        /// Out of line, so that nothing holds the closure when it returns.
        @inline(never)
        func run(_ piece: Int) { body?(piece) }

        func forget() { body = nil }
    }

    /// What the threads share.
    // Sendable: everything is under the lock of the monitor.
    private final class Hands: @unchecked Sendable {
        private let monitor = Monitor()
        /// Jobs with pieces that nobody has begun.
        private var open: [Job] = []
        private var jobCount = 0
        private var isOver = false

        /// Opens a job and works until all of it is done.
        func finish(_ job: Job) {
            monitor.withLock {
                jobCount += 1
                job.number = jobCount
                open.append(job)
                monitor.broadcast()
                while job.done < job.count {
                    if !help(from: job.number) { monitor.wait() }
                }
                job.forget()
            }
        }

        func work() {
            monitor.withLock {
                while !isOver {
                    if !help(from: 0) { monitor.wait() }
                }
            }
        }

        func end() {
            monitor.withLock {
                isOver = true
                monitor.broadcast()
            }
        }

        /// Does one piece of the job opened last; false when there is none from this one on: who waits for a job begins nothing of those around
        /// it, which would stand on its stack. Called with the lock held.
        private func help(from number: Int) -> Bool {
            guard let job = open.last(where: { !$0.isFull }), job.number >= number else { return false }
            let piece = job.begun
            job.begun += 1
            if job.begun == job.count { open.removeAll { $0 === job } }
            monitor.withoutLock { job.run(piece) }
            let wasFull = job.isFull
            job.done += 1
            if job.done == job.count || wasFull { monitor.broadcast() }
            return true
        }
    }
}
