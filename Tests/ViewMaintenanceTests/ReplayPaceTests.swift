import Testing

@testable import ViewMaintenance

@Suite struct ReplayPaceTests {
    @Test func `bytes take as long as the speed says, however they are parted`() {
        var now = ContinuousClock.now
        let begun = now
        var pace = ReplayPace(bytesPerSecond: 1000, now: { now }, sleep: { now += $0 })
        for bytes in [100, 900, 1, 999, 0, 3000] { pace.pause(after: bytes) { true } }
        #expect(now - begun >= .milliseconds(4999) && now - begun <= .milliseconds(5001))
        // Time that went by otherwise counts, but is not saved up.
        now += .seconds(60)
        let later = now
        pace.pause(after: 2000) { true }
        #expect(now - later >= .milliseconds(1800) && now - later <= .milliseconds(2001))
    }

    @Test func `a stop ends the wait`() {
        var now = ContinuousClock.now
        let begun = now
        var pace = ReplayPace(bytesPerSecond: 1, now: { now }, sleep: { now += $0 })
        pace.pause(after: 1_000_000) { now - begun < .seconds(1) }
        #expect(now - begun < .seconds(2))
    }
}
