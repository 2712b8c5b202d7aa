/// How long to wait before the next try: doubling from 100 ms to 30 s, each shortened by up to half at random.
struct Backoff {
    private static let shortest = Duration.milliseconds(100)
    private static let longest = Duration.seconds(30)
    private var next = Backoff.shortest

    /// The next pause.
    mutating func pause(using random: inout some RandomNumberGenerator) -> Duration {
        let full = next
        next = min(next * 2, Self.longest)
        return full * Double.random(in: 0.5...1, using: &random)
    }

    /// Begins anew after a success.
    mutating func reset() { next = Self.shortest }
}
