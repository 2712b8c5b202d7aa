import Dispatch
import Relational
import Synchronization
import TestSupport
import ViewStores

/// What a store does wrong from now on. Safe from any thread.
final class StoreFault: Sendable {
    /// A call that may fail; `committed` is a commit that took place and whose answer is lost.
    enum Point: CaseIterable {
        case begin, apply, commit, committed, progress, noteProgress, generation, append, publish, exchange
    }

    private struct Dice {
        var generator: SeededGenerator
        var share: Int
    }

    /// How many calls fail, after those that are spared.
    let failures = Atomic(0)
    let spared = Atomic(0)
    /// Calls one in so many of which fails; nil when none does.
    private let dice = Mutex<Dice?>(nil)
    private let blocked = Mutex<Point?>(nil)
    private let gate = DispatchSemaphore(value: 0)
    /// How many calls wait at the gate.
    let waiting = Atomic(0)

    /// One call in `share` fails from now on, which ones by the seed; none for 0.
    func roll(seed: UInt64, oneIn share: Int) {
        dice.withLock { $0 = share == 0 ? nil : Dice(generator: SeededGenerator(seed: seed), share: share) }
    }

    /// Every such call stays inside the store until `release`.
    func block(_ point: Point = .apply) { blocked.withLock { $0 = point } }

    /// Lets one call go on that waits, and blocks the next.
    func letOneGo() { gate.signal() }

    func release() {
        blocked.withLock { $0 = nil }
        for _ in 0..<waiting.load(ordering: .sequentiallyConsistent) { gate.signal() }
    }

    func strike(_ point: Point) throws(StoreError) {
        if blocked.withLock({ $0 == point }) {
            waiting.add(1, ordering: .sequentiallyConsistent)
            gate.wait()
            waiting.subtract(1, ordering: .sequentiallyConsistent)
        }
        let isUnlucky = dice.withLock { dice in
            guard var rolled = dice else { return false }
            defer { dice = rolled }
            return Int.random(in: 0..<rolled.share, using: &rolled.generator) == 0
        }
        let spared = spared.load(ordering: .sequentiallyConsistent)
        guard spared == 0 else { return self.spared.store(spared - 1, ordering: .sequentiallyConsistent) }
        let left = failures.load(ordering: .sequentiallyConsistent)
        if left > 0 { failures.store(left - 1, ordering: .sequentiallyConsistent) }
        if left > 0 || isUnlucky { throw StoreError(.unavailable, "the store is not there") }
    }
}

/// A store whose calls fail as its fault says.
final class FaultyStore: ViewStore {
    private let store: any ViewStore
    private let fault: StoreFault

    init(_ store: any ViewStore, _ fault: StoreFault) {
        self.store = store
        self.fault = fault
    }

    func claim(logID: String, foreign rows: ForeignRows) throws(StoreError) -> Int64 {
        try store.claim(logID: logID, foreign: rows)
    }

    func progress() throws(StoreError) -> [StoreProgress] {
        try fault.strike(.progress)
        return try store.progress()
    }

    func begin() throws(StoreError) {
        try fault.strike(.begin)
        try store.begin()
    }

    func apply(_ delta: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        try failing(.apply)
        try store.apply(delta, to: view)
    }

    func commit(_ progress: [StoreProgress]) throws(StoreError) {
        try failing(.commit)
        try store.commit(progress)
        try fault.strike(.committed)
    }

    func noteProgress(_ progress: [StoreProgress]) throws(StoreError) {
        try fault.strike(.noteProgress)
        try store.noteProgress(progress)
    }

    func rollback() { store.rollback() }

    func beginGeneration(of view: ViewTable) throws(StoreError) {
        try fault.strike(.generation)
        try store.beginGeneration(of: view)
    }

    func checkName(of view: ViewTable) throws(StoreError) { try store.checkName(of: view) }

    func append(_ rows: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        try failing(.append)
        try store.append(rows, to: view)
    }

    func publish(_ view: ViewTable) throws(StoreError) {
        try failing(.publish)
        try store.publish(view)
    }

    var exchangesViews: Bool { store.exchangesViews }

    func exchange(_ view: ViewTable, with other: ViewTable) throws(StoreError) {
        try failing(.exchange)
        try store.exchange(view, with: other)
    }

    /// Inside a transaction: it is rolled back before the error is thrown.
    private func failing(_ point: StoreFault.Point) throws(StoreError) {
        do throws(StoreError) {
            try fault.strike(point)
        } catch {
            store.rollback()
            throw error
        }
    }

    func resetProgress(of name: String) throws(StoreError) { try store.resetProgress(of: name) }

    func drop(view name: String) throws(StoreError) { try store.drop(view: name) }

    func scan(_ view: ViewTable, _ body: (borrowing ZSet) throws -> Void) throws { try store.scan(view, body) }

    func sync() throws(StoreError) { try store.sync() }
}
