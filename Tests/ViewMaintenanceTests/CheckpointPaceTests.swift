import Testing

@testable import ViewMaintenance

@Suite struct CheckpointPaceTests {
    private typealias Instant = ContinuousClock.Instant

    /// A fold that began at 0 seconds; its first checkpoint, taken then, was written at `written` seconds.
    private struct Clock {
        let start = Instant.now
        var pace: CheckpointPace

        init(_ interval: Duration) { pace = CheckpointPace(interval: interval, begun: start) }

        func at(_ seconds: Double) -> Instant { start + .seconds(seconds) }

        mutating func take(at begun: Double, stall: Double = 0, written: Double) {
            pace.noteTaken(from: at(begun), to: at(begun + stall))
            pace.noteWritten(at: at(written))
        }

        func isDue(_ seconds: Double, _ byteCount: Int = 0) -> Bool {
            pace.isDue(at: at(seconds), byteCount: byteCount)
        }
    }

    @Test func `at the end of the log the interval alone counts`() {
        var clock = Clock(.seconds(5))
        clock.pace.noteEnd(at: clock.at(4.9))
        #expect(!clock.isDue(4.9, 1 << 40) && clock.isDue(5, 1 << 40))
        clock.take(at: 5, written: 60)
        clock.pace.noteEnd(at: clock.at(61))
        #expect(clock.isDue(61))
    }

    @Test func `behind the end writing takes a twentieth of the time, and ten minutes are the most`() {
        var clock = Clock(.seconds(5))
        #expect(clock.isDue(5, 1 << 20))
        // 240 MB take ten seconds as far as anybody knows.
        #expect(!clock.isDue(199, 240 << 20) && clock.isDue(200, 240 << 20))
        #expect(!clock.isDue(599, 1 << 40) && clock.isDue(600, 1 << 40))
        clock.take(at: 200, written: 204)
        #expect(!clock.isDue(279, 0) && clock.isDue(280, 1 << 40))
        clock.take(at: 280, written: 1000)
        #expect(!clock.isDue(879) && clock.isDue(880))
    }

    @Test func `a fold that comes to the end of the log takes one at once, and one that leaves it waits again`() {
        var clock = Clock(.seconds(5))
        clock.take(at: 10, written: 20)
        #expect(!clock.isDue(60))
        clock.pace.noteEnd(at: clock.at(60))
        #expect(clock.isDue(60) && clock.isDue(61))
        #expect(!clock.isDue(61.5) && clock.isDue(210))
    }

    @Test func `an interval below a second holds behind the end, too`() {
        var clock = Clock(.milliseconds(100))
        #expect(clock.isDue(0.1, 1 << 40))
        clock.take(at: 1, stall: 0.01, written: 60)
        #expect(!clock.isDue(1.19) && clock.isDue(1.21))
    }

    @Test func `what the fold stood still for it counts twentyfold everywhere`() {
        var clock = Clock(.seconds(5))
        clock.take(at: 10, stall: 1, written: 11)
        clock.pace.noteEnd(at: clock.at(29.9))
        #expect(!clock.isDue(29.9) && clock.isDue(30))
    }

    @Test func `after failures it is tried again with growing pauses, at the end and behind it`() {
        var clock = Clock(.seconds(5))
        for (count, pause) in [(1, 5.0), (2, 10), (3, 10), (500, 10)] {
            clock.pace.noteFailure(count, at: clock.at(100))
            #expect(!clock.isDue(99.9 + pause, 1 << 40) && clock.isDue(100 + pause, 1 << 40))
            #expect(clock.pace.isRetryDue(at: clock.at(100 + pause)) && !clock.pace.isWelcome(at: clock.at(100)))
        }
        clock.take(at: 200, written: 200)
        #expect(clock.pace.isRetryDue(at: clock.at(200)))
    }

    @Test func `one that is written anyhow is welcome after the interval`() {
        var clock = Clock(.seconds(5))
        clock.take(at: 10, written: 20)
        #expect(!clock.pace.isWelcome(at: clock.at(14.9)) && clock.pace.isWelcome(at: clock.at(15)))
    }
}
