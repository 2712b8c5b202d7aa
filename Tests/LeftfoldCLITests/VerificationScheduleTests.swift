import Testing

@testable import LeftfoldCLI

@Suite struct VerificationScheduleTests {
    @Test func `every view has its turn once in each round, and no two at once`() throws {
        let begun = ContinuousClock.now
        var schedule = VerificationSchedule(every: .seconds(60), begun: begun)
        var now = begun
        var turns: [String] = []
        for _ in 0..<9 {
            let next = try #require(schedule.next(of: ["c", "a", "b"]))
            #expect(next.due > now)
            now = next.due
            turns.append("\(next.view) \((now - begun).components.seconds)")
            schedule.note(next.view, at: now)
        }
        #expect(turns == ["a 20", "b 40", "c 60", "a 80", "b 100", "c 120", "a 140", "b 160", "c 180"])
    }

    @Test func `a view that is new or back has its turn, one that is gone has none`() throws {
        let begun = ContinuousClock.now
        var schedule = VerificationSchedule(every: .seconds(60), begun: begun)
        schedule.note("a", at: begun + .seconds(90))
        #expect(schedule.next(of: ["a", "b"])?.view == "b")
        schedule.note("b", at: begun + .seconds(100))
        #expect(schedule.next(of: ["b"])?.due == begun + .seconds(160))
        #expect(schedule.next(of: []) == nil)
    }
}
