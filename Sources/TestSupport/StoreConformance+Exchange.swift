import Relational
import ViewStores

extension StoreConformance {
    /// Two views change places whole or not at all, with rows, columns, version and progress; epochs go on under the other names, and
    /// once more they are as before.
    public func checkViewsChangePlaces() throws {
        let pairs = [
            (SampleViews.integerKey, previous(of: SampleViews.integerKey, key: nil)),
            (SampleViews.wholeRowKey, previous(of: SampleViews.wholeRowKey, key: [2, 1])),
        ]
        let run = try StoreRun(place, views: pairs.flatMap { [$0.0, $0.1] } + [SampleViews.bag])
        var generator = SeededGenerator(seed: 16)
        for _ in 0..<4 { try run.randomEpoch(using: &generator) }
        let reader = try place.open()
        for (present, previous) in pairs {
            try checkExchange(run, present, previous, reader)
            // The other way round, under a new claim.
            try run.reopen()
            try checkExchange(run, run.view(present.name), run.view(previous.name), reader)
            try checkRefusedExchanges(run, present, previous)
        }
    }

    private func previous(of view: ViewTable, key: [Int]?) -> ViewTable {
        ViewTable(
            name: PreviousView.name(of: view.name) ?? "",
            columns: Array(SampleViews.nullableKey.columns.reversed()),
            key: key,
            version: "the version before"
        )
    }

    private func checkExchange(
        _ run: StoreRun,
        _ view: ViewTable,
        _ other: ViewTable,
        _ reader: any ViewStore
    ) throws {
        try run.store.begin()
        try run.store.exchange(view, with: other)
        run.store.rollback()
        try run.check("an exchange was rolled back")
        try run.store.begin()
        try checkKilled(run, "before an exchange", next: Epoch())
        try run.store.exchange(view, with: other)
        try checkKilled(run, "exchanged, not committed", next: Epoch())
        try run.check("exchanged, not committed", through: reader)
        try run.store.commit([])
        run.exchange(view.name, other.name)
        try checkKilled(run, "exchanged and committed", next: Epoch())
        try run.check("exchanged", through: reader)
        // Once more for the same: it is done already.
        try run.store.begin()
        try run.store.exchange(view, with: other)
        try run.store.commit([])
        try run.check("exchanged once more", through: reader)
        var generator = SeededGenerator(seed: 17)
        for _ in 0..<3 { try run.randomEpoch(using: &generator) }
        try run.check("epochs after an exchange", through: reader)
        try checkKilled(run, "epochs after an exchange", next: run.makeEpoch(using: &generator))
        // A new generation takes the place of the exchanged rows.
        for name in [view.name, other.name] { try run.rebuild(run.view(name), version: "again \(run.offset)") }
        try run.check("built again after an exchange", through: reader)
    }

    private func checkRefusedExchanges(_ run: StoreRun, _ present: ViewTable, _ previous: ViewTable) throws {
        var stranger = previous
        stranger.name = "nobody"
        try expect(.inconsistent, "a view that is not there") {
            try run.store.begin()
            try run.store.exchange(run.view(present.name), with: stranger)
        }
        var other = run.view(previous.name)
        other.version = "a version that is not there"
        try expect(.unsupported, "another version than is there") {
            try run.store.begin()
            try run.store.exchange(run.view(present.name), with: other)
        }
        try run.check("after refused exchanges")
        try run.store.begin()
        try run.store.drop(view: previous.name)
        try run.store.commit([])
        run.expect(previous, nil)
        run.forgetProgress(of: previous.name)
        try run.check("one of two was dropped")
        try run.reopen()
        try run.check("one of two was dropped, reopened")
    }
}
