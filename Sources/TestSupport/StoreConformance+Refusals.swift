import Relational
import ViewStores

extension StoreConformance {
    /// An epoch that is applied a second time is refused, and so is progress that goes back; the rows stay.
    public func checkReplaysAreRefused(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let run = try StoreRun(place, views: views)
        for _ in 0..<4 { try run.randomEpoch(using: &generator) }
        // New rows of a bag contradict nothing: only progress shows that they were there before.
        var epoch = Epoch()
        epoch.add(bag, ["5", "replayed"], copies)
        try run.commit(epoch)
        let last = run.offset
        for offset in [last, Offset(last.rawValue - 1), StoreProgress.unknownOffset] {
            try expect(.inconsistent, "a replay to offset \(offset)") {
                try run.store.begin()
                try run.apply(epoch)
                try run.store.commit([run.step(for: bag, offset: offset)])
            }
            try run.check("a replay was refused, seed \(seed)")
        }
        try expect(.inconsistent, "progress that goes back") {
            try run.store.begin()
            try run.store.commit([run.step(for: bag, offset: Offset(last.rawValue - 1))])
        }
        try run.store.begin()
        try run.store.commit([run.step(for: bag, offset: last)])
        try run.check("progress may stay, seed \(seed)")
        try run.randomEpoch(using: &generator)
        try run.check("after refused replays, seed \(seed)")
    }

    /// What the rows contradict is refused, and nothing of its transaction remains.
    public func checkContradictionsAreRefused() throws {
        let run = try StoreRun(place, views: views)
        var epoch = Epoch()
        epoch.add(SampleViews.integerKey, ["1", "10", "one"], 1)
        epoch.add(SampleViews.nullableKey, [nil, "x", "1"], 1)
        epoch.add(SampleViews.nullableKey, ["1", nil, "2"], 1)
        epoch.add(SampleViews.numericKey, ["1.0", "1"], 1)
        epoch.add(SampleViews.numericKey, ["NaN", "2"], 1)
        epoch.add(SampleViews.floatKey, ["zero", "-0"], 1)
        epoch.add(SampleViews.singleRow, ["1", "only"], 1)
        epoch.add(SampleViews.wholeRowKey, ["a", "1"], 1)
        if promises.holdsBags {
            epoch.add(SampleViews.bag, ["1", nil], 2)
            epoch.add(SampleViews.floatBag, ["0", "1.0"], 1)
        }
        try run.commit(epoch)
        for (what, view, changes, needsOldRows) in Self.contradictions {
            if needsOldRows && !promises.comparesOldRows || view.key == nil && !promises.holdsBags { continue }
            var epoch = Epoch()
            for (row, weight) in changes { epoch.add(view, row, weight) }
            try expect(.inconsistent, what) {
                try run.store.begin()
                var innocent = Epoch()
                innocent.add(SampleViews.everyType, ["1"] + SampleViews.types.map { _ in nil }, 1)
                if view != SampleViews.everyType { try run.apply(innocent) }
                try run.apply(epoch)
                try run.store.commit([])
            }
            try run.check(what)
        }
    }

    private static var contradictions: [(String, ViewTable, [(StoreModel.Row, Int)], needsOldRows: Bool)] {
        [
            ("a delete of a row that is not there", SampleViews.integerKey, [(["2", nil, nil], -1)], true),
            ("a delete of another image", SampleViews.integerKey, [(["1", "10", "two"], -1)], true),
            ("a delete of NULL for a value", SampleViews.integerKey, [(["1", nil, "one"], -1)], true),
            (
                "an update of another image", SampleViews.integerKey,
                [(["1", "11", "one"], -1), (["1", "12", "one"], 1)], true
            ),
            (
                "an update of a missing row", SampleViews.integerKey, [(["3", "1", ""], -1), (["3", "2", ""], 1)], true
            ),
            ("a second row for a key", SampleViews.integerKey, [(["1", "11", "one"], 1)], true),
            ("two rows for a new key", SampleViews.integerKey, [(["4", "1", ""], 1), (["4", "2", ""], 1)], false),
            ("a row twice in a view with a key", SampleViews.integerKey, [(["4", "1", ""], 2)], false),
            ("NULL in a key that has none", SampleViews.integerKey, [([nil, "1", ""], 1)], false),
            ("a second row for a key with NULL", SampleViews.nullableKey, [([nil, "x", "5"], 1)], true),
            ("a second row for a key with NULL at its end", SampleViews.nullableKey, [(["1", nil, nil], 1)], true),
            ("a delete of a value for NULL", SampleViews.nullableKey, [(["1", "", "2"], -1)], true),
            ("a second row for a numeric of the same value", SampleViews.numericKey, [(["1.00", "1"], 1)], true),
            ("a second NaN", SampleViews.numericKey, [(["NaN", "3"], 1)], true),
            ("a delete of a numeric's other image", SampleViews.numericKey, [(["1.00", "1"], -1)], true),
            ("a second zero", SampleViews.floatKey, [(["zero", "0"], 1)], true),
            ("a second row of a single-row view", SampleViews.singleRow, [(["2", "more"], 1)], true),
            ("a second equal row", SampleViews.wholeRowKey, [(["a", "1"], 1)], true),
            ("a delete of more rows than a bag has", SampleViews.bag, [(["1", nil], -3)], true),
            ("a delete of a row that a bag has not", SampleViews.bag, [(["1", ""], -1)], true),
            ("a delete of a float's other zero", SampleViews.floatBag, [(["-0", "1.0"], -1)], true),
            ("NULL in a column that has none", SampleViews.wholeRowKey, [(["b", nil], 1)], false),
        ]
    }

    /// Rows need progress, of the version and the view that the store holds.
    public func checkProgressIsComplete() throws {
        let view = bag
        let run = try StoreRun(place, views: [view])
        var epoch = Epoch()
        epoch.add(view, ["1", "a"], 1)
        let next = Offset(run.offset.rawValue + 1)
        try expect(.inconsistent, "rows without progress") {
            try run.store.begin()
            try run.apply(epoch)
            try run.store.commit([])
        }
        try run.check("rows without progress")
        try expect(.inconsistent, "progress of another version") {
            try run.store.begin()
            var step = run.step(for: view, offset: next)
            step.version = "v2"
            try run.store.commit([step])
        }
        try expect(.inconsistent, "progress of a view that is not there") {
            try run.store.begin()
            try run.store.commit([run.step(for: SampleViews.integerKey, offset: next)])
        }
        var other = view
        other.version = "v2"
        try expect(.inconsistent, "a delta of another version") {
            try run.store.begin()
            var delta = ZSet()
            try delta.append(texts: ["1", "a"], of: other, weight: 1)
            try run.store.apply(delta, to: other)
        }
        try expect(.inconsistent, "a delta outside a transaction") { try run.apply(epoch) }
        try expect(.inconsistent, "a commit outside a transaction") { try run.store.commit([]) }
        try run.check("refused")
        try run.commit(epoch)
        try run.check("after refusals")
    }

    /// After `resetProgress` a difference may be written at any offset.
    public func checkProgressCanBeReset() throws {
        let view = bag
        let run = try StoreRun(place, views: [view])
        var epoch = Epoch()
        epoch.add(view, ["1", "a"], 1)
        try run.commit(epoch)
        let offset = run.offset
        try run.store.begin()
        try run.store.resetProgress(of: view.name)
        run.store.rollback()
        try run.check("a reset was rolled back")
        try run.store.begin()
        try run.store.resetProgress(of: view.name)
        epoch = Epoch()
        epoch.add(view, ["2", "b"], 1)
        try run.apply(epoch)
        try run.store.commit([run.step(for: view, offset: offset)])
        run.note(epoch)
        try run.check("a difference at the same offset")
        try run.store.begin()
        try run.store.resetProgress(of: view.name)
        try run.store.commit([])
        let held = try run.store.progress()
        try expect(held.first?.offset == StoreProgress.unknownOffset, "a reset alone should leave no known offset")
    }
}
