/// Decides how the source waits for the server. Pure: time comes in with each call.
///
/// A walsender writes each message by itself. A reader that is woken by each makes both sides pay a system call per change; one
/// that naps lets messages gather, at the price of a longer queue. Which is faster depends on the link, the kernel and on what
/// else runs (measured: naps from 0.8 to 2.2 times the rate of blocking), so it is measured while it matters:
///
/// 1. *Caught up*: block on the socket, the least latency.
/// 2. `busyLimit` waits in a row, each within `busyGap` of the one before, mean *behind*: each candidate is tried for
///    `trialWindow`, and the fastest is kept for `settledWindow`; then they are tried again.
/// 3. Silence means caught up.
///
/// Between reads that fill the buffer there is no wait at all.
struct Gear {
    enum Wait: Equatable {
        /// Read on at once: more has arrived.
        case none
        case block
        case nap(microseconds: UInt32)
    }

    private enum Phase {
        case caughtUp(busyRun: Int)
        case trying(Int)
        case settled(Int)
    }

    static let candidates: [Wait] = [.block, .nap(microseconds: 100), .nap(microseconds: 250)]
    private static let busyGap = Duration.microseconds(150)
    private static let busyLimit = 16
    private static let silence = Duration.milliseconds(2)
    private static let idleMessages = 4
    private static let idleLimit = 4
    private static let fullRead = 8 << 10
    private static let trialWindow = Duration.milliseconds(40)
    private static let settledWindow = Duration.seconds(2)

    private var phase = Phase.caughtUp(busyRun: 0)
    private var rates = [Double](repeating: 0, count: Gear.candidates.count)
    private var windowBytes = 0
    private var windowElapsed = Duration.zero
    private var idleRun = 0

    /// What to do after a read that brought `messageCount` messages of `byteCount` bytes, `elapsed` after the one before.
    mutating func next(messageCount: Int, byteCount: Int, elapsed: Duration) -> Wait {
        windowBytes += byteCount
        windowElapsed += elapsed
        if byteCount >= Self.fullRead { return .none }
        switch phase {
        case .caughtUp(let busyRun):
            let run = messageCount > 0 && elapsed < Self.busyGap ? busyRun + 1 : 0
            phase = .caughtUp(busyRun: run)
            if run >= Self.busyLimit { begin(.trying(0)) }
        case .trying(let candidate):
            if isSilent(candidate, messageCount, elapsed) {
                phase = .caughtUp(busyRun: 0)
            } else if windowElapsed >= Self.trialWindow {
                rates[candidate] = Double(windowBytes) / (windowElapsed / .seconds(1))
                let next = candidate + 1
                begin(next < rates.count ? .trying(next) : .settled(fastest))
            }
        case .settled(let candidate):
            if isSilent(candidate, messageCount, elapsed) {
                phase = .caughtUp(busyRun: 0)
            } else if windowElapsed >= Self.settledWindow {
                begin(.trying(0))
            }
        }
        return wait
    }

    private var wait: Wait {
        switch phase {
        case .caughtUp: .block
        case .trying(let candidate), .settled(let candidate): Self.candidates[candidate]
        }
    }

    private var fastest: Int { rates.indices.max { rates[$0] < rates[$1] } ?? 0 }

    private mutating func begin(_ phase: Phase) {
        self.phase = phase
        windowBytes = 0
        windowElapsed = .zero
        idleRun = 0
    }

    /// A blocking wait that lasted, or naps in a row that brought next to nothing.
    private mutating func isSilent(_ candidate: Int, _ messageCount: Int, _ elapsed: Duration) -> Bool {
        guard Self.candidates[candidate] != .block else { return elapsed > Self.silence }
        idleRun = messageCount < Self.idleMessages ? idleRun + 1 : 0
        return idleRun >= Self.idleLimit
    }
}
