public import EventLog
import Relational

/// What `LogBackend` promises, as checks that any log must pass. Each throws `ConformanceFailure`, with the seed of random ones in it.
///
/// The numbers are those of `docs/log-backend.md`, which says where each invariant is tested. The oracle is an array of all frames appended,
/// and the rows of the source after each unit (`SampleHistory`); it knows nothing of files. Faults strike only where the fixture supports them.
public struct LogConformance<Fixture: LogFixture, Reader: LogFrameReader & ~Copyable> where Reader.Log == Fixture.Log {
    /// A run of random steps, with what the writer, its source and its readers did.
    typealias Run = SampleRun<Fixture, Reader>

    let makeFixture: (UInt64) throws -> Fixture

    /// `makeFixture` gives a new, empty place for a seed, which decides the backend's own knobs.
    public init(reading reader: Reader.Type, _ makeFixture: @escaping (_ seed: UInt64) throws -> Fixture) {
        self.makeFixture = makeFixture
    }

    func expect(_ claim: Bool, _ message: @autoclosure () throws -> String) throws {
        if !claim { throw ConformanceFailure(try message()) }
    }

    /// Runs `body` with the seed in what it throws.
    func seeded<Result>(_ seed: UInt64, _ what: String = "", _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            throw ConformanceFailure("seed \(seed)\(what.isEmpty ? "" : ", \(what)"): \(error)")
        }
    }

    func makeRun(_ seed: UInt64) throws -> Run { SampleRun(try makeFixture(seed), seed: seed) }
}

extension LogConformance where Reader: ~Copyable {
    /// Invariants 1–4, 6–9, 14 and 16–19, all at once: random appending, altering, compacting and reading, each reader compared at every unit's
    /// end, each record with what was appended, and what must stay with what did.
    ///
    /// Returns how often what happened, so that the caller can tell that enough did.
    @discardableResult
    public func checkRandomRuns(seed: UInt64, steps: Int = 300) throws -> [String: Int] {
        try seeded(seed) {
            let run = try makeRun(seed)
            for _ in 0..<steps { try run.step() }
            if run.log == nil { try run.reopen() }
            try run.flush()
            try run.advanceScans()
            try run.verify()
            for count in 0...run.history.units.count { try run.verify(after: count) }
            _ = try SampleScan<Reader>(run.open, run.history, after: 0, decodesSchemas: true).advance(run.history)
            try run.closeAndReopen()
            return run.counts
        }
    }

    /// Invariant 10: runs without new input end with nothing to do, no tombstone and one record for each key, and a further run changes nothing.
    public func checkConvergence(seed: UInt64) throws {
        try seeded(seed) {
            let run = try settled(seed)
            guard run.fixture.isCompacting else { return }
            var options = CompactionOptions(now: run.clock + 40 * SampleTable.day)
            options.isForced = true
            options.retention = SampleTable.retention(compactingAudit: true)
            // A run that took nothing may have made what the next one takes.
            var idleCount = 0
            for _ in 0..<10 where idleCount < 2 {
                let report = try run.compact(options)
                let isIdle = report.recordsBefore == report.recordsAfter && report.bytesBefore == report.bytesAfter
                idleCount = isIdle ? idleCount + 1 : 0
                try run.verify()
            }
            try expect(idleCount == 2, "compaction does not come to an end")
            let scan = try SampleScan<Reader>(run.open, run.history, after: 0)
            _ = try scan.advance(run.history)
            try expect(scan.tombstoneCount == 0, "\(scan.tombstoneCount) tombstones are left")
            let state = run.history.state
            let tables: [SampleTable] = [.items, .pairs, .prices, .audit]
            let kept = run.history.recordCount(scan.records, of: tables)
            let rows = tables.reduce(0) { $0 + state.rowCount($1) }
            try expect(kept == rows, "\(kept) records are left of \(rows) rows")
            let report = try run.compact(options)
            try expect(report.recordsBefore == report.recordsAfter, "a further run took records away")
            let again = try SampleScan<Reader>(run.open, run.history, after: 0)
            _ = try again.advance(run.history)
            try expect(again.records == scan.records && again.firsts == scan.firsts, "a further run changed the log")
        }
    }

    /// A run of random steps that ends with all groups closed and everything durable, without cursors.
    private func settled(_ seed: UInt64) throws -> Run {
        let run = try makeRun(seed)
        for _ in 0..<120 { try run.step() }
        while run.groups.contains(where: { $0.kind == .part }) { try run.closePart() }
        while let group = run.groups.first {
            if group.records.isEmpty { try run.appendSnapshot() }
            try run.closeSnapshot()
        }
        // The horizon is the end of a unit, and the last frame may be one of a group that was dropped.
        try run.appendPlain()
        try run.flush()
        for name in run.cursors.keys.sorted() { try run.noteCursor(name, run.history.end) }
        return run
    }

    /// Invariant 11: a key map of 300 bytes and one of 1 MiB leave the same records.
    public func checkKeyMapSizes(seed: UInt64) throws {
        try seeded(seed) {
            var results: [(records: Set<Offset>, firsts: Set<Offset>, horizon: Offset)] = []
            for limit in [300, 1 << 20] {
                let run = try makeRun(seed)
                var options = CompactionOptions(now: SampleTable.day)
                options.retention = SampleTable.retention()
                options.minAge = 0
                options.isForced = seed & 1 == 0
                options.keyMapByteLimit = limit
                run.compaction = options
                for _ in 0..<150 { try run.step() }
                try run.flush()
                let scan = try SampleScan<Reader>(run.open, run.history, after: 0)
                _ = try scan.advance(run.history)
                results.append((scan.records, scan.firsts, try run.open.horizon.offset))
            }
            try expect(
                results[0] == results[1],
                "a small key map leaves \(results[0].records.count) records, a large one \(results[1].records.count)"
            )
        }
    }
}

extension SampleHistory {
    /// How many of the records at `offsets` belong to one of these tables.
    func recordCount(_ offsets: Set<Offset>, of tables: [SampleTable]) -> Int {
        let ids = Set(tables.map(\.id))
        return frames.reduce(0) { sum, frame in
            sum
                + frame.records.indices.count {
                    ids.contains(frame.records[$0].table.id)
                        && offsets.contains(Offset(frame.first.rawValue + Int64($0)))
                }
        }
    }
}
