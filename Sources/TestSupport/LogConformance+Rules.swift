import EventLog
import Relational

/// Single rules, each with a history made for it. A log that compacts nothing passes what it does not contradict.
extension LogConformance where Reader: ~Copyable {
    private func forced(_ run: Run, after time: Int64 = 0, minAge: Int64 = 0) -> CompactionOptions {
        var options = CompactionOptions(now: run.clock + time)
        options.isForced = true
        options.minAge = minAge
        options.retention = SampleTable.retention()
        return options
    }

    /// Commits each list of changes, durably.
    private func commit(_ run: Run, _ commits: [[SampleChange]]) throws {
        if run.log == nil { try run.reopen() }
        for changes in commits {
            try run.commit(changes)
            try run.flush()
        }
    }

    private func scan(_ run: Run) throws -> SampleScan<Reader> {
        let scan = try SampleScan<Reader>(run.open, run.history, after: 0)
        _ = try scan.advance(run.history)
        return scan
    }

    /// Invariants 5 and 6: a tombstone waits for every cursor, whatever the clock says, then for its age; when it has left, the key stays
    /// deleted, and who would have needed it is told.
    public func checkTombstones(seed: UInt64) throws {
        try seeded(seed) {
            let run = try makeRun(seed)
            try commit(run, [[.put(.items, 1), .put(.items, 2)], [.put(.pairs, 1)]])
            let before = run.history.units.count
            try run.noteCursor("store main", run.history.end)
            try commit(
                run,
                [[.delete(.items, 1)], [.truncate(.pairs)], [.rekey(.items, from: 2, to: 3)], [.put(.prices, 1)]]
            )
            for jump in [0, SampleTable.day, -SampleTable.day, 6 * SampleTable.day, 0] {
                try run.compact(forced(run, after: jump))
                try run.verify(after: before)
                try run.verify()
            }
            try expect(run.counts["passed"] == nil, "a reader at the cursor was sent away")
            try run.noteCursor("store main", run.history.end)
            for _ in 0..<4 {
                try run.compact(forced(run, minAge: SampleTable.day))
                try run.verify()
            }
            for _ in 0..<4 {
                try run.compact(forced(run, after: 2 * SampleTable.day, minAge: SampleTable.day))
                try run.verify()
            }
            guard run.fixture.isCompacting else { return }
            try expect(scan(run).tombstoneCount == 0, "tombstones that nobody needs are left")
            let told = run.counts["passed", default: 0]
            try run.verify(after: before)
            try expect(run.counts["passed", default: 0] > told, "a reader that missed a tombstone was not told")
            try run.closeAndReopen()
            try expect(scan(run).tombstoneCount == 0, "a tombstone is back")
        }
    }

    /// Invariants 6–8: a tombstone in a large transaction counts from the transaction's end: a cursor between the two has not seen it.
    public func checkLargeTransactions(seed: UInt64) throws {
        try seeded(seed) {
            let run = try makeRun(seed)
            try commit(run, [[.put(.items, 1), .put(.items, 2), .put(.pairs, 1)]])
            try run.beginPart([.delete(.items, 1), .rekey(.items, from: 2, to: 3)])
            try commit(run, [[.put(.prices, 1)]])
            let between = run.history.units.count
            try run.noteCursor("store main", run.history.end)
            try run.closePart()
            try run.flush()
            for _ in 0..<4 {
                try run.compact(forced(run, after: SampleTable.day))
                try run.verify()
                try run.verify(after: between)
            }
            try expect(run.counts["passed"] == nil, "a reader at the cursor was sent away")
            try run.noteCursor("store main", run.history.end)
            for _ in 0..<4 {
                try run.compact(forced(run, after: SampleTable.day))
                try run.verify()
                try run.verify(after: between)
            }
            guard run.fixture.isCompacting else { return }
            try expect(run.counts["passed"] != nil, "a reader that missed a tombstone was not told")
        }
    }

    /// Invariants 7 and 14: a reader that was anywhere when files were replaced, more than once, ends with the right rows or is told.
    public func checkSlowReaders(seed: UInt64) throws {
        try seeded(seed) {
            for frameCount in 0..<14 {
                let run = try makeRun(seed)
                try commit(run, [[.put(.items, 1), .put(.items, 2)], [.put(.items, 1)], [.put(.pairs, 1)]])
                try commit(run, [[.delete(.items, 1)], [.truncate(.pairs)], [.rekey(.items, from: 2, to: 3)]])
                let slow = try SampleScan<Reader>(run.open, run.history, after: 0)
                _ = try slow.advance(run.history, frameCount: frameCount)
                for round in 0..<4 {
                    try run.compact(forced(run))
                    try commit(run, [[.put(.prices, round)], [.delete(.items, 3), .put(.items, 3)]])
                }
                try run.permittingPassed(slow.progress) { _ = try slow.advance(run.history) }
                try run.verify()
            }
        }
    }

    /// Invariant 9: nothing younger than the least lag is touched; what was superseded longer ago than the greatest lag is gone after one run,
    /// whatever cursors say.
    public func checkLags(seed: UInt64) throws {
        try seeded(seed) {
            let run = try makeRun(seed)
            try commit(run, [[.put(.items, 2)]])
            try run.noteCursor("store main", run.history.end)
            try commit(run, Array(repeating: [.put(.items, 1)], count: 5))
            var options = CompactionOptions(now: run.clock)
            options.retention = SampleTable.retention()
            options.minLag = 3_600_000_000
            options.maxLag = 2 * SampleTable.day
            try run.compact(options)
            try run.verify()
            run.clock += 3 * SampleTable.day
            try commit(run, [[.put(.items, 2)]])
            options.minLag = 0
            options.now = run.clock
            try run.compact(options)
            try run.verify()
            guard run.fixture.isCompacting else { return }
            let left = run.history.recordCount(try scan(run).records, of: [.items])
            try expect(left <= 3, "\(left) records of two keys are left, the greatest lag is over")
        }
    }

    /// Invariant 16: the source's position outlives the records and frames that told it, and what it has sent is refused.
    public func checkPositionsSurvive(seed: UInt64) throws {
        try seeded(seed) {
            let run = try makeRun(seed)
            try commit(run, Array(repeating: [.put(.items, 1)], count: 6) + [[.delete(.items, 1)]])
            for _ in 0..<3 { try run.appendPlain() }
            try run.flush()
            let position = run.history.source
            for _ in 0..<4 { try run.compact(forced(run, after: SampleTable.day)) }
            for _ in 0..<2 {
                try expect(
                    run.open.frontier.source == position,
                    "the position is \(try run.open.frontier.source), not \(position)"
                )
                try refused(.invalidAppend, "a commit that is in the log") {
                    let header = TransactionHeader(xid: 1, commitEnd: position, commitTime: 0)
                    try run.append(.commit, header, .none, [])
                }
                try run.closeAndReopen()
            }
        }
    }

    func refused(_ code: LogError.Code, _ what: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as LogError {
            return try expect(error.code == code, "\(what): \(code) was expected, not \(error.code): \(error)")
        }
        throw ConformanceFailure("\(what): \(code) was expected, and nothing was thrown")
    }

    /// Invariant 17: a relation without a key is kept whatever its retention says, and what a relation with `keep` holds stays.
    public func checkKeptRelations(seed: UInt64) throws {
        try seeded(seed) {
            let run = try makeRun(seed)
            for number in 0..<8 {
                try commit(
                    run,
                    [
                        [.put(.loose, number % 3), .put(.items, 1), .put(.audit, 1)],
                        [.delete(.loose, number % 2), .partial(.loose, number % 3), .delete(.audit, 1)],
                    ]
                )
            }
            try commit(run, [[.truncate(.loose)], [.put(.loose, 1)]])
            let count = run.history.recordCount(try scan(run).records, of: [.loose, .audit])
            for all in [SampleTable.retention(), LogRetention(relations: [SampleTable.audit.name: .keep])] {
                var options = forced(run, after: SampleTable.day)
                options.retention = all
                for _ in 0..<3 { try run.compact(options) }
                try run.verify()
                let left = run.history.recordCount(try scan(run).records, of: [.loose, .audit])
                try expect(left == count, "\(left) of \(count) records are left")
            }
        }
    }

    /// Invariant 17: a record of a relation with a key that does not tell the key is refused, and nothing of its frame is taken.
    public func checkRecordsWithoutKey(seed: UInt64) throws {
        try seeded(seed) {
            let run = try makeRun(seed)
            try commit(run, [[.put(.pairs, 1), .put(.loose, 1)]])
            let log = try run.open
            let table = SampleTable.pairs
            guard let schema = log.currentSchemas[table.id] else { throw ConformanceFailure("a schema is gone") }
            for shape in KeylessShape.allCases {
                let before = log.frontier.nextOffset
                var records = ByteSlab()
                shape.encode(schema, into: &records)
                let lsn = LSN(UInt64.max - 1)
                let header = TransactionHeader(xid: 9, commitEnd: SourcePosition(timeline: 1, lsn: lsn), commitTime: 0)
                try refused(.invalidAppend, "\(shape)") {
                    _ = try log.append(
                        kind: .commit,
                        header: header,
                        group: .none,
                        records: records.bytes,
                        recordCount: 1
                    )
                }
                try log.flush()
                try expect(log.frontier.nextOffset == before, "\(shape): something was taken all the same")
            }
            try commit(run, [[.put(.pairs, 2)]])
            try run.verify()
        }
    }

    /// Invariant 18: equal keys are one key in whatever image, unequal ones are two however alike, and a changed key is the end of the old one.
    public func checkKeys(seed: UInt64) throws {
        try seeded(seed) {
            let run = try makeRun(seed)
            try commit(run, [(0..<6).map { .put(.prices, $0) }, (0..<6).map { .put(.pairs, $0) }])
            for round in 0..<3 {
                try commit(run, [(0..<6).map { .rekey(.prices, from: $0, to: $0) }])
                try commit(run, [[.delete(.items, 2), .put(.items, 1), .rekey(.items, from: 1, to: 2)]])
                try commit(
                    run,
                    [[.delete(.pairs, 3), .rekey(.pairs, from: 1, to: 3), .put(.pairs, 1), .delete(.pairs, 4)]]
                )
                try commit(run, [[.delete(.items, round), .put(.items, round), .rekey(.items, from: round, to: 5)]])
                for _ in 0..<round + 1 {
                    try run.compact(forced(run, after: SampleTable.day))
                    try run.verify()
                }
            }
            guard run.fixture.isCompacting else { return }
            for _ in 0..<3 { try run.compact(forced(run, after: SampleTable.day)) }
            let left = run.history.recordCount(try scan(run).records, of: [.prices, .pairs])
            let rows = run.history.state.rowCount(.prices) + run.history.state.rowCount(.pairs)
            try expect(left == rows, "\(left) records of \(rows) keys are left")
        }
    }

    /// Invariant 19: an update that did not send all values is completed before the record that has them goes.
    public func checkPartialRecords(seed: UInt64) throws {
        try seeded(seed) {
            let run = try makeRun(seed)
            try commit(run, [[.put(.items, 1), .put(.items, 2), .put(.prices, 1)]])
            for round in 0..<5 {
                try commit(
                    run,
                    [[.partial(.items, 1), .partial(.prices, 1)], [.partial(.items, 1), .partial(.items, 2)]]
                )
                let places = [2, 3, 4, 2, 3, 4]
                try commit(run, [[.rekey(.items, from: places[round], to: places[round + 1])]])
                try run.compact(forced(run, after: SampleTable.day))
                try run.verify()
            }
            guard run.fixture.isCompacting else { return }
            for _ in 0..<3 { try run.compact(forced(run, after: SampleTable.day)) }
            let left = run.history.recordCount(try scan(run).records, of: [.items, .prices])
            try expect(left == 3, "\(left) records of 3 rows are left")
            try run.closeAndReopen()
        }
    }

    /// Invariant 20: a run that ends early, wherever it does, leaves a log that the next ones compact as if it had not been.
    public func checkLiveness(seed: UInt64) throws {
        try seeded(seed) {
            var wanted: Set<Offset>?
            for ending in [Int.max] + Array(0..<12) {
                let run = try makeRun(seed)
                run.compaction = forced(run)
                for _ in 0..<60 { try run.step() }
                try run.flush()
                if ending < .max { try run.compact(forced(run), endingAfter: ending) }
                for _ in 0..<3 { try run.compact(forced(run)) }
                let left = try scan(run).records
                try expect(
                    left == wanted ?? left,
                    "after a run that ended at report \(ending) others leave something else"
                )
                wanted = left
                try run.verify()
            }
        }
    }
}
