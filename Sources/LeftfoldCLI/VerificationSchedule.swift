/// Which view is compared with the source next, and when: each once in `every`, one at a time, the first round spread over `every`.
struct VerificationSchedule {
    let every: Duration
    private let begun: ContinuousClock.Instant
    private var last: [String: ContinuousClock.Instant] = [:]

    init(every: Duration, begun: ContinuousClock.Instant) {
        self.every = every
        self.begun = begun
    }

    /// The view whose turn comes first; nil without views.
    func next(of views: [String]) -> (view: String, due: ContinuousClock.Instant)? {
        let sorted = views.sorted()
        let turns = sorted.enumerated().map { index, view in
            (
                view: view,
                due: last[view].map { $0 + every } ?? begun + every * (Double(index + 1) / Double(sorted.count))
            )
        }
        return turns.min { $0.due < $1.due }
    }

    /// A view was compared, or could not be: its next turn is `every` after `instant`.
    mutating func note(_ view: String, at instant: ContinuousClock.Instant) { last[view] = instant }
}
