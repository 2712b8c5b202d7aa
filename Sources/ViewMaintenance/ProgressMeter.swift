import Relational

/// Words for the progress of a build: share, rate, time left.
struct ProgressMeter {
    private let clock: ContinuousClock
    private let begun: ContinuousClock.Instant

    init(clock: ContinuousClock) {
        self.clock = clock
        begun = clock.now
    }

    func describe(_ offset: Offset, of end: Offset) -> String {
        Self.describe(offset, of: end, after: clock.now - begun)
    }

    /// Of what lies between two offsets.
    func describe(_ offset: Offset, from start: Offset, to end: Offset, of whole: String) -> String {
        let (done, all) = (offset.rawValue - start.rawValue, end.rawValue - start.rawValue)
        return Self.describe(done, of: all, (whole, "records"), after: clock.now - begun)
    }

    func describe(rows: Int, of all: Int) -> String {
        Self.describe(Int64(rows), of: Int64(all), ("rows written", "rows"), after: clock.now - begun)
    }

    static func describe(_ offset: Offset, of end: Offset, after elapsed: Duration) -> String {
        describe(offset.rawValue, of: end.rawValue, ("log", "records"), after: elapsed)
    }

    /// The rate is that since the beginning; no time left is told before there is one.
    private static func describe(
        _ done: Int64,
        of all: Int64,
        _ words: (whole: String, unit: String),
        after elapsed: Duration
    ) -> String {
        let (seconds, attoseconds) = elapsed.components
        let spent = Double(seconds) + Double(attoseconds) * 1e-18
        let total = Double(max(all, 0))
        let done = min(Double(max(done, 0)), total)
        let share = total > 0 ? whole(done / total * 100) : 100
        guard spent > 0, done > 0 else { return "\(share) % of the \(words.whole)" }
        let rate = done / spent
        let left = ((total - done) / rate).rounded(.up)
        return "\(share) % of the \(words.whole), \(whole(rate)) \(words.unit)/s, \(whole(left)) s left"
    }

    /// Numbers beyond any log are shown as the largest one.
    private static func whole(_ number: Double) -> Int { number < 1e15 ? Int(number) : 1_000_000_000_000_000 }
}
