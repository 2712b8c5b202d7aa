import Foundation
public import ViewStores

/// Where a store under test lives.
public protocol StorePlace {
    /// Opens the store there, as a further process would.
    func open() throws -> any ViewStore

    /// What would be left if every process were killed now, as a place of its own; nil when that cannot be made.
    func copy() throws -> (any StorePlace)?
}

/// What not every kind of store promises.
public struct StorePromises: Sendable {
    /// Views without a key.
    public var holdsBags: Bool
    /// A row that is to change is compared with what is there.
    public var comparesOldRows: Bool
    /// Room for a megabyte in a key.
    public var holdsHugeKeys: Bool

    /// Everything, but what is said to be false.
    public init(holdsBags: Bool = true, comparesOldRows: Bool = true, holdsHugeKeys: Bool = true) {
        self.holdsBags = holdsBags
        self.comparesOldRows = comparesOldRows
        self.holdsHugeKeys = holdsHugeKeys
    }
}

/// What a store did that its protocol does not allow.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// What was expected and what was found.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// The claims that every store keeps, as checks against `any ViewStore` in an empty place. Each throws `ConformanceFailure`.
///
/// The oracle is a dictionary of rows (`StoreModel`); it knows nothing of tables.
public struct StoreConformance {
    let place: any StorePlace
    /// What the store's kind promises.
    let promises: StorePromises

    /// The checks for an empty place; each check needs a new one.
    public init(_ place: any StorePlace, promises: StorePromises = StorePromises()) {
        self.place = place
        self.promises = promises
    }

    /// The views that the store can hold.
    var views: [ViewTable] { promises.holdsBags ? SampleViews.all : SampleViews.all.filter { $0.key != nil } + [bag] }

    /// A bag, or a view with the same columns and a key of both where there are no bags.
    var bag: ViewTable { promises.holdsBags ? SampleViews.bag : SampleViews.keyedBag }

    /// How often a row may stand in `bag`: twice, or once.
    var copies: Int { promises.holdsBags ? 2 : 1 }

    func expect(_ claim: Bool, _ message: @autoclosure () -> String) throws {
        if !claim { throw ConformanceFailure(message()) }
    }

    /// Runs `body`, which must throw a store error with this code.
    func expect(_ code: StoreError.Code, _ what: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as StoreError {
            try expect(error.code == code, "\(what): \(code) was expected, not \(error.code): \(error.message)")
            return
        }
        throw ConformanceFailure("\(what): \(code) was expected, and nothing was thrown")
    }
}

extension StoreConformance {
    /// Random epochs over all kinds of views, with now and then a new owner, end in the rows that the deltas add up to.
    public func checkDeltasAccumulate(seed: UInt64, epochs: Int = 40) throws {
        var generator = SeededGenerator(seed: seed)
        let run = try StoreRun(place, views: views)
        for _ in 0..<epochs {
            try run.randomEpoch(using: &generator)
            if Int.random(in: 0..<8, using: &generator) == 0 { try run.reopen() }
            if Int.random(in: 0..<8, using: &generator) == 0 { try run.store.sync() }
            try run.check("seed \(seed)")
        }
        try run.deleteEverything()
        try run.check("seed \(seed), after deleting everything")
    }

    /// An epoch of very many rows, inserts and updates, is one transaction like any other, in one delta or in parts.
    public func checkLargeEpoch() throws {
        let rows = ProcessInfo.processInfo.environment["LEFTFOLD_TEST_EPOCH_ROWS"].flatMap { Int($0) } ?? 100_000
        let view = SampleViews.integerKey
        let run = try StoreRun(place, views: [view])
        var epoch = Epoch()
        for index in 0..<rows {
            // A permutation: keys come in no order.
            let key = (index &* 7919) % rows
            epoch.add(view, ["\(key)", "\(index)", "row \(index)"], 1)
        }
        try run.commit(epoch)
        try run.check("after \(rows) inserts")
        epoch = Epoch()
        for index in stride(from: 0, to: rows, by: 2) {
            let key = (index &* 7919) % rows
            epoch.add(view, ["\(key)", "\(index)", "row \(index)"], -1)
            epoch.add(view, ["\(key)", nil, "new"], 1)
        }
        try run.commit(epoch, parts: 64)
        try run.check("after \(rows / 2) updates")
    }

    /// Values at the edges of every type, of odd scripts and of a megabyte come back as they were.
    public func checkExtremeValues() throws {
        let run = try StoreRun(place, views: views)
        var epoch = Epoch()
        var number = 0
        let view = SampleViews.everyType
        let widest = SampleValues.edges.values.map(\.count).max() ?? 0
        for index in 0..<widest {
            number += 1
            epoch.add(view, SampleValues.row(of: view, number: number) { values in values[index % values.count] }, 1)
        }
        let huge = PostgresText(String(repeating: "snow ❄︎ ", count: 100_000))
        epoch.add(SampleViews.integerKey, ["1", nil, huge], 1)
        if promises.holdsBags || promises.holdsHugeKeys { epoch.add(bag, ["1", huge], copies) }
        if promises.holdsHugeKeys { epoch.add(SampleViews.nullableKey, [nil, huge, "1"], 1) }
        try run.commit(epoch)
        try run.check("edges of every type")
        try run.reopen()
        try run.check("edges of every type, reopened")
        try run.deleteEverything()
        try run.check("edges of every type, deleted")
    }

    /// A view of no rows, an epoch of nothing and progress alone are all fine.
    public func checkEmptyEpochs() throws {
        let run = try StoreRun(place, views: views)
        try run.check("nothing was written")
        try run.store.begin()
        try run.store.commit([])
        try run.commit(Epoch())
        try run.check("progress alone")
        try run.store.begin()
        run.store.rollback()
        run.store.rollback()
        try run.store.sync()
        try run.check("rolled back")
    }
}
