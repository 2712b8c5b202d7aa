import Relational
import ViewStores

extension StoreConformance {
    /// Killed after any call of an epoch, a store holds the epoch wholly or not at all, and can go on.
    public func checkCrashesKeepEpochsWhole(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let run = try StoreRun(place, views: views)
        for _ in 0..<3 { try run.randomEpoch(using: &generator) }
        for number in 0..<4 {
            let epoch = run.makeEpoch(using: &generator)
            let when = "epoch \(number), seed \(seed)"
            try checkKilled(run, "before \(when)", next: epoch)
            try run.store.begin()
            try checkKilled(run, "begun \(when)", next: epoch)
            try run.apply(epoch)
            try checkKilled(run, "applied \(when)", next: epoch)
            try run.commitProgress(of: views)
            run.note(epoch)
            try checkKilled(run, "committed \(when)", next: Epoch())
            try run.store.sync()
            try checkKilled(run, "synced \(when)", next: Epoch())
        }
    }

    /// Progress that was noted without rows is there after a kill, with every row committed before it, and is checked as in a commit.
    public func checkNotedProgressStays(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let run = try StoreRun(place, views: views)
        for number in 0..<3 {
            try run.randomEpoch(using: &generator)
            try run.store.noteProgress([])
            try checkKilled(run, "nothing noted \(number), seed \(seed)", next: Epoch())
            try run.noteProgress(of: [bag, SampleViews.integerKey])
            try run.check("noted \(number), seed \(seed)")
            try checkKilled(run, "noted \(number), seed \(seed)", next: run.makeEpoch(using: &generator))
        }
        let back = run.step(for: bag, offset: Offset(1))
        try expect(.inconsistent, "noted progress that goes back") { try run.store.noteProgress([back]) }
        var other = run.step(for: bag, offset: Offset(run.offset.rawValue + 1))
        other.version = "v2"
        try expect(.inconsistent, "noted progress of another version") { try run.store.noteProgress([other]) }
        try run.check("refused")
        let late = try place.open()
        _ = try late.claim(logID: run.logID)
        let step = run.step(for: bag, offset: Offset(run.offset.rawValue + 1))
        try expect(.foreign, "progress noted by an earlier owner") { try run.store.noteProgress([step]) }
    }

    /// A connection that goes away inside a transaction leaves nothing of it.
    public func checkAbandonedTransactionsLeaveNothing(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let run = try StoreRun(place, views: views)
        try run.randomEpoch(using: &generator)
        for _ in 0..<3 {
            let epoch = run.makeEpoch(using: &generator)
            try run.store.begin()
            try run.apply(epoch)
            try run.reopen()
            try run.check("abandoned, seed \(seed)")
            try run.commit(epoch)
            try run.check("committed after all, seed \(seed)")
        }
    }

    /// Killed after any call that builds a generation, a store holds the old rows or the new ones, and no half of either.
    public func checkCrashesKeepGenerationsWhole() throws {
        let old = SampleViews.nullableKey
        var new = ViewTable(
            name: old.name,
            columns: Array(old.columns.reversed()),
            key: promises.holdsBags ? nil : [0],
            version: "v2"
        )
        new.columns.append(StoreColumn(name: "more", type: .text, isNotNull: true))
        let run = try StoreRun(place, views: [old, bag])
        var epoch = Epoch()
        epoch.add(old, [nil, "old", "1"], 1)
        epoch.add(bag, ["1", "x"], copies)
        try run.commit(epoch)
        let after = Epoch()
        try run.store.beginGeneration(of: new)
        try checkKilled(run, "generation begun", next: after)
        var model = StoreModel(new)
        for part in 0..<3 {
            let row: StoreModel.Row = ["\(promises.holdsBags ? 1 : part)", "new", nil, "m"]
            var rows = ZSet()
            try rows.append(texts: row, of: new, weight: copies)
            model.add(row, copies)
            try run.store.append(rows, to: new)
            try checkKilled(run, "part \(part) appended", next: after)
        }
        try run.store.begin()
        try run.store.publish(new)
        try checkKilled(run, "published, not committed", next: after)
        try run.commitProgress(of: [new, bag])
        run.expect(new, model)
        try checkKilled(run, "published and committed", next: after)
        try run.check("published")
    }

    /// Opens a copy of what is there now as a new process would, and lets it go on with `next`.
    func checkKilled(_ run: StoreRun, _ when: String, next: Epoch) throws {
        guard let copy = try place.copy() else { return }
        let survivor = try StoreRun(continuing: run, at: copy)
        try survivor.check("killed: \(when)")
        try survivor.commit(next)
        try survivor.check("killed: \(when), and gone on")
    }
}
