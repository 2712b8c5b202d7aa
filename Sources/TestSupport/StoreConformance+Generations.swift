import Relational
import ViewStores

extension StoreConformance {
    /// Readers see the old rows until the commit that publishes the new ones, then those and nothing between.
    public func checkReadersSeeWholeGenerations() throws {
        let old = SampleViews.integerKey
        var new = old
        new.version = "v2"
        new.key = [2]
        let run = try StoreRun(place, views: [old])
        var epoch = Epoch()
        for id in 0..<50 { epoch.add(old, ["\(id)", nil, "old \(id)"], 1) }
        try run.commit(epoch)
        let reader = try place.open()
        try run.check("before", through: reader)
        var model = StoreModel(new)
        try run.store.beginGeneration(of: new)
        try run.check("begun", through: reader)
        for part in 0..<4 {
            var rows = ZSet()
            for id in 0..<25 {
                let row: StoreModel.Row = ["\(id)", "\(part)", "\(part)-\(id)"]
                try rows.append(texts: row, of: new, weight: 1)
                model.add(row, 1)
            }
            try run.store.append(rows, to: new)
            try run.check("part \(part)", through: reader)
            // Epochs of the old version go on meanwhile.
            var meanwhile = Epoch()
            meanwhile.add(old, ["\(1000 + part)", nil, "late"], 1)
            try run.commit(meanwhile)
            try run.check("epoch beside part \(part)", through: reader)
        }
        try run.store.begin()
        try run.store.publish(new)
        try run.check("published, not committed", through: reader)
        // A delta of the same transaction finds the new table.
        var delta = ZSet()
        try delta.append(texts: ["99", "9", "9-9"], of: new, weight: 1)
        try run.store.apply(delta, to: new)
        model.add(["99", "9", "9-9"], 1)
        try run.check("applied, not committed", through: reader)
        try run.commitProgress(of: [new])
        run.expect(new, model)
        try run.check("committed", through: reader)
        epoch = Epoch()
        epoch.add(new, ["99", "9", "9-9"], -1)
        epoch.add(new, ["0", "0", "0-0"], -1)
        epoch.add(new, ["7", "7", "0-0"], 1)
        try run.commit(epoch)
        try run.check("epoch on the new table", through: reader)
    }

    /// Published, dropped, rolled back: a generation that is given up leaves the old rows as they were.
    public func checkGenerationsCanBeGivenUp() throws {
        let view = bag
        let run = try StoreRun(place, views: [view])
        var epoch = Epoch()
        epoch.add(view, ["1", "a"], copies)
        try run.commit(epoch)
        var rows = ZSet()
        try rows.append(texts: ["2", "b"], of: view, weight: 1)
        try run.store.beginGeneration(of: view)
        try run.store.append(rows, to: view)
        try run.store.begin()
        try run.store.publish(view)
        run.store.rollback()
        try run.check("rolled back")
        // The generation is still there and may be published after all; first it is begun again, empty.
        try run.store.beginGeneration(of: view)
        try run.store.append(rows, to: view)
        try run.reopen()
        try expect(.inconsistent, "publishing a generation of the claim before") {
            try run.store.begin()
            try run.store.publish(view)
        }
        try run.check("a new claim")
        try run.store.beginGeneration(of: view)
        var negative = ZSet()
        try negative.append(texts: ["2", "b"], of: view, weight: -1)
        try expect(.inconsistent, "a delete in a new generation") { try run.store.append(negative, to: view) }
        var other = view
        other.version = "v2"
        try expect(.inconsistent, "rows for another version") { try run.store.append(rows, to: other) }
        if promises.holdsBags {
            try run.commit(epoch)
        } else {
            try run.deleteEverything()
        }
        try run.check("epochs go on")
    }

    /// A key that stands twice in a new generation is found before readers see it.
    public func checkGenerationsHaveOneRowForAKey() throws {
        for (view, first, second): (ViewTable, StoreModel.Row, StoreModel.Row) in [
            (SampleViews.integerKey, ["1", "1", ""], ["1", "2", ""]),
            (SampleViews.nullableKey, [nil, "a", "1"], [nil, "a", "2"]),
            (SampleViews.numericKey, ["1.0", "1"], ["1.00", "1"]),
            (SampleViews.singleRow, ["1", "a"], ["2", "b"]),
        ] {
            let store = try place.open()
            let token = try store.claim(logID: "log-a")
            try expect(.inconsistent, "two rows for a key of \(view.name)") {
                try store.beginGeneration(of: view)
                for row in [first, second] {
                    var rows = ZSet()
                    try rows.append(texts: row, of: view, weight: 1)
                    try store.append(rows, to: view)
                }
                try store.begin()
                try store.publish(view)
                let step = StoreProgress(
                    logID: "log-a",
                    view: view.name,
                    version: view.version,
                    offset: Offset(5),
                    position: .none,
                    fencingToken: token
                )
                try store.commit([step])
            }
            let held = try store.progress()
            try expect(held.isEmpty, "nothing should be published, not \(held)")
        }
    }

    /// A dropped view is gone with its commit and not before; a view of that name can come again.
    public func checkViewsCanBeDropped() throws {
        let run = try StoreRun(place, views: [bag, SampleViews.singleRow])
        var epoch = Epoch()
        epoch.add(bag, ["1", "a"], copies)
        epoch.add(SampleViews.singleRow, ["1", "a"], 1)
        try run.commit(epoch)
        let reader = try place.open()
        try run.store.begin()
        try run.store.drop(view: bag.name)
        try run.store.drop(view: "never was")
        try run.check("dropped, not committed", through: reader)
        run.store.rollback()
        try run.check("a drop was rolled back")
        try run.store.begin()
        try run.store.drop(view: bag.name)
        try run.store.commit([])
        run.expect(bag, nil)
        run.forgetProgress(of: bag.name)
        try run.check("dropped", through: reader)
        try expect(.inconsistent, "reading a dropped view") {
            _ = try StoreRun.images(of: bag, in: reader)
        }
        try run.store.beginGeneration(of: bag)
        try run.store.begin()
        try run.store.publish(bag)
        try run.commitProgress(of: [bag])
        run.expect(bag, StoreModel(bag))
        try run.check("there again", through: reader)
    }
}
