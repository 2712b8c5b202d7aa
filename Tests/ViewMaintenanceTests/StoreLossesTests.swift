import Testing

@testable import ViewMaintenance

@Suite struct StoreLossesTests {
    private let begun = ContinuousClock.now
    private var limits: StoreLimits {
        var limits = StoreLimits()
        (limits.lossDelayMin, limits.lossDelayMax) = (.seconds(1), .seconds(10))
        return limits
    }

    @Test func `pauses double from loss to loss up to the longest`() {
        var losses = StoreLosses()
        var pauses: [Duration?] = []
        for number in 0..<7 {
            let now = begun + .seconds(number * 12)
            losses.note(at: now, limits)
            pauses.append(losses.end.map { $0 - now })
        }
        #expect(pauses == [nil, .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(10), .seconds(10)])
        #expect(
            losses.warning(at: begun + .seconds(75))?.hasPrefix("it has lost committed rows 7 times, 3 s ago") == true
        )
        #expect(losses.warning(at: begun + .seconds(75))?.contains("built again in 8 s") == true)
    }

    @Test func `a loss that is alone for long is the first one again, and no warning`() {
        var losses = StoreLosses()
        losses.note(at: begun, limits)
        #expect(losses.warning(at: begun) == nil)
        losses.note(at: begun + .seconds(15), limits)
        #expect(losses.end != nil && losses.warning(at: begun + .seconds(15)) != nil)
        losses.note(at: begun + .seconds(40), limits)
        #expect(losses.end == nil && losses.warning(at: begun + .seconds(40)) == nil)
    }
}
