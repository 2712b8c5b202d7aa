import Relational
import ViewStores

extension StoreConformance {
    /// Each claim has a larger token, and an owner before the last can write nothing.
    public func checkOwnersAreFenced() throws {
        let run = try StoreRun(place, views: [bag])
        let elder = run.store
        let elderToken = run.token
        var epoch = Epoch()
        epoch.add(bag, ["1", "a"], 1)
        try run.commit(epoch)
        try run.reopen()
        try expect(run.token > elderToken, "token \(run.token) should be larger than \(elderToken)")
        let next = Offset(run.offset.rawValue + 1)
        func write(_ store: any ViewStore, _ token: Int64) throws {
            var delta = ZSet()
            try delta.append(texts: ["2", "late"], of: bag, weight: 1)
            try store.begin()
            try store.apply(delta, to: bag)
            var step = run.step(for: bag, offset: next)
            step.fencingToken = token
            try store.commit([step])
        }
        try expect(.foreign, "an epoch of an elder owner") { try write(elder, elderToken) }
        try expect(.foreign, "an epoch of an elder owner with the newer token") { try write(elder, run.token) }
        try expect(.foreign, "an epoch with an elder token") { try write(run.store, elderToken) }
        try expect(.foreign, "a generation of an elder owner") {
            try elder.beginGeneration(of: bag)
            var rows = ZSet()
            try rows.append(texts: ["2", "late"], of: bag, weight: 1)
            try elder.append(rows, to: bag)
            try elder.begin()
            try elder.publish(bag)
            var step = run.step(for: bag, offset: next)
            step.fencingToken = elderToken
            try elder.commit([step])
        }
        try expect(.foreign, "an epoch without a claim") { try write(try place.open(), run.token) }
        try run.check("fenced")
        epoch = Epoch()
        epoch.add(bag, ["3", "a"], 1)
        try run.commit(epoch)
        try run.check("the owner goes on")
        // The elder may claim again, and then it is the one.
        let token = try elder.claim(logID: run.logID)
        try expect(token > run.token, "token \(token) should be larger than \(run.token)")
        try expect(.foreign, "an epoch of the owner before") { try run.commit(epoch) }
    }

    /// Rows of another log are refused untouched, and taken over or dropped only when that is asked for.
    public func checkForeignRowsAreRefused() throws {
        var epoch = Epoch()
        epoch.add(bag, ["1", "a"], copies)
        epoch.add(SampleViews.integerKey, ["1", nil, "b"], 1)
        let run = try StoreRun(place, views: [bag, SampleViews.integerKey])
        try run.commit(epoch)
        let other = try place.open()
        try expect(.foreign, "a claim for another log") { _ = try other.claim(logID: "log-b") }
        try expect(.foreign, "a write after a refused claim") { try other.begin() }
        try run.check("a claim was refused")
        try run.commit(Epoch())
        try run.check("the owner was not fenced by a refused claim")

        _ = try other.claim(logID: "log-b", foreign: .adopt)
        for step in try other.progress() {
            try expect(
                step.logID == "log-b" && step.offset == StoreProgress.unknownOffset,
                "adopted rows should have no known offset in the new log, not \(step)"
            )
        }
        let adopted = try StoreRun.images(of: bag, in: other)
        let wanted = try run.models["bag"]?.images() ?? [:]
        try expect(adopted == wanted, "adopted rows should stay")
        try expect(.foreign, "an epoch of the log before") { try run.commit(Epoch()) }

        let third = try place.open()
        _ = try third.claim(logID: "log-c", foreign: .rebuild)
        let left = try third.progress()
        try expect(left.isEmpty, "a claim that rebuilds should leave no view, not \(left)")
        let rebuilt = try StoreRun(place, views: [bag, SampleViews.integerKey], logID: "log-c")
        try rebuilt.commit(epoch)
        try rebuilt.check("built anew")
    }

    /// A store that was restored from a backup says how old it is and takes the same epochs again.
    public func checkBackupsCatchUp(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let run = try StoreRun(place, views: views)
        for _ in 0..<5 { try run.randomEpoch(using: &generator) }
        guard let backup = try place.copy() else { return }
        let restored = try StoreRun(continuing: run, at: backup)
        try restored.check("restored, seed \(seed)")
        var epochs: [Epoch] = []
        for _ in 0..<5 {
            let epoch = run.makeEpoch(using: &generator)
            try run.commit(epoch)
            epochs.append(epoch)
        }
        try restored.check("the copy is a store of its own, seed \(seed)")
        for epoch in epochs { try restored.commit(epoch) }
        try restored.check("caught up, seed \(seed)")
        let images = try views.map { try StoreRun.images(of: $0, in: restored.store) }
        let originals = try views.map { try StoreRun.images(of: $0, in: run.store) }
        try expect(images == originals, "both stores should hold the same rows, seed \(seed)")
    }
}
