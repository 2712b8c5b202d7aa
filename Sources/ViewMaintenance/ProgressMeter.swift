import Relational

/// Words for a replay's progress: share, rate, time left.
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

    /// The rate is that of the whole replay so far, which begins at offset 0; no time left is told before there is one.
    static func describe(_ offset: Offset, of end: Offset, after elapsed: Duration) -> String {
        let (seconds, attoseconds) = elapsed.components
        let spent = Double(seconds) + Double(attoseconds) * 1e-18
        let total = Double(max(end.rawValue, 0))
        let done = min(Double(max(offset.rawValue, 0)), total)
        let share = total > 0 ? whole(done / total * 100) : 100
        guard spent > 0, done > 0 else { return "\(share) % of the log" }
        let rate = done / spent
        let left = ((total - done) / rate).rounded(.up)
        return "\(share) % of the log, \(whole(rate)) records/s, \(whole(left)) s left"
    }

    /// Numbers beyond any log are shown as the largest one.
    private static func whole(_ number: Double) -> Int { number < 1e15 ? Int(number) : 1_000_000_000_000_000 }
}
