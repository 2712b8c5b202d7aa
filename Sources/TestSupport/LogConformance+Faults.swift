import EventLog
import Relational

/// What holds although the process stops anywhere, or there is no space. Without faults in the fixture these checks do nothing.
extension LogConformance where Reader: ~Copyable {
    /// The calls of a whole run without a fault, and those of them that need space.
    public func callCounts(seed: UInt64, steps: Int = 40) throws -> (all: Int, allocating: Int) {
        try seeded(seed) {
            let run = try makeRun(seed)
            for _ in 0..<steps { try run.step() }
            guard let faults = run.fixture.faults else { return (0, 0) }
            return (faults.callCount, faults.allocationCount)
        }
    }

    /// Invariants 5 and 12: stopped at any call, the log opens as it was before or after one of its steps, loses nothing confirmed, and
    /// brings nothing back; then it goes on, and is cut off once more.
    public func checkCrash(seed: UInt64, stop: Int, crashSeed: UInt64, steps: Int = 40) throws {
        try seeded(seed, "stopped at call \(stop), crash \(crashSeed)") {
            let run = try makeRun(seed)
            guard let faults = run.fixture.faults else { return }
            faults.stop(atCall: stop)
            do {
                for _ in 0..<steps { try run.step() }
            } catch let error as LogError {
                guard faults.isStopped else { throw error }
            }
            run.log = nil
            faults.crash(seed: crashSeed)
            try run.reopen()
            for _ in 0..<steps / 2 { try run.step() }
            run.log = nil
            faults.crash(seed: crashSeed &+ 1)
            try run.reopen()
        }
    }

    /// Invariant 13: without space from any call on, what is refused is refused by name, readers go on, nothing is lost, and all goes on
    /// when there is space, without a new opening or (with a crash seed) after one.
    ///
    /// Returns how many steps were refused.
    @discardableResult
    public func checkFullDisk(seed: UInt64, fillAt allocation: Int, crashSeed: UInt64?, steps: Int = 40) throws -> Int {
        try seeded(seed, "full at call \(allocation), crash \(crashSeed.map(String.init) ?? "none")") {
            let run = try makeRun(seed)
            guard let faults = run.fixture.faults else { return 0 }
            faults.fill(atAllocation: allocation)
            var refusals = 0
            for _ in 0..<steps {
                do {
                    try run.step()
                } catch let error as LogError where error.code == .diskFull && faults.isFull {
                    refusals += 1
                    if run.log != nil {
                        try run.verify()
                        try run.advanceScans()
                    }
                }
                guard refusals == 4, faults.isFull else { continue }
                if let crashSeed {
                    run.log = nil
                    faults.crash(seed: crashSeed)
                    faults.free()
                    try run.reopen()
                }
                try recover(run, faults)
            }
            try recover(run, faults)
            return refusals
        }
    }

    /// Gives space; everything that was taken is durable without a new opening, and compaction runs.
    private func recover(_ run: Run, _ faults: any LogFaults) throws {
        faults.free()
        if run.log == nil { try run.reopen() }
        try run.flush()
        try expect(run.open.shortage == nil, "there is space, and the log says there is none")
        var options = CompactionOptions(now: run.clock)
        options.isForced = true
        options.retention = SampleTable.retention()
        try run.compact(options)
        try run.verify()
    }
}

extension LogConformance where Reader: ~Copyable {
    /// One of the crash points that a single number names, for runs over very many of them: each number is a workload, a call at which it
    /// stops, and what survives.
    public struct CrashPoint: Sendable, CustomStringConvertible {
        public var seed: UInt64
        public var workload: UInt64
        public var stop: Int
        public var crashSeed: UInt64

        public var description: String {
            "seed \(seed): workload \(workload) stopped at call \(stop), crash \(crashSeed)"
        }
    }

    /// Points that share a workload follow each other, so that its calls are counted once.
    public static var pointsPerWorkload: UInt64 { 50 }

    /// The point of a seed, given the calls of its workload.
    public static func point(_ seed: UInt64, callCount: Int) -> CrashPoint {
        var random = SeededGenerator(seed: seed)
        return CrashPoint(
            seed: seed,
            workload: seed / pointsPerWorkload,
            stop: Int.random(in: 0..<max(1, callCount), using: &random),
            crashSeed: random.next() >> 16
        )
    }

    /// Checks `count` crash points from `seed` on, telling each after it has passed.
    public func checkCrashPoints(from seed: UInt64, count: Int, passed: (CrashPoint) -> Void = { _ in }) throws {
        var workload: (seed: UInt64, callCount: Int)?
        for number in 0..<UInt64(count) {
            let seed = seed &+ number
            let name = seed / Self.pointsPerWorkload
            if workload?.seed != name { workload = (name, try callCounts(seed: name).all) }
            let point = Self.point(seed, callCount: workload?.callCount ?? 0)
            do {
                try checkCrash(seed: point.workload, stop: point.stop, crashSeed: point.crashSeed)
            } catch {
                throw ConformanceFailure("crash point of \(point)\n\(error)")
            }
            passed(point)
        }
    }
}
