import Foundation
import Synchronization
import Testing

@testable import Dataflow

@Suite struct CrewTests {
    /// What threads that share work have seen of each other.
    private final class Counts: Sendable {
        private let counts = Mutex<(now: Int, most: Int, done: Int)>((0, 0, 0))

        var most: Int { counts.withLock { $0.most } }
        var done: Int { counts.withLock { $0.done } }

        /// Lasts long enough for others to come.
        func work() {
            counts.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            for _ in 0..<50 { sched_yield() }
            counts.withLock {
                $0.now -= 1
                $0.done += 1
            }
        }
    }

    private struct Failure: Error, Equatable { var piece: Int }

    @Test(arguments: 1...3)
    func `no more pieces are done at once than are allowed, and all are done`(atOnceMax: Int) {
        let crew = Crew(workers: 6) { Thread.detachNewThread($0) }
        let counts = Counts()
        crew.run(200, atOnceMax: atOnceMax) { _ in counts.work() }
        #expect(counts.done == 200)
        #expect(counts.most <= atOnceMax)
    }

    @Test func `pieces that share their own work within a limit come to an end`() {
        let crew = Crew(workers: 4) { Thread.detachNewThread($0) }
        let counts = Counts()
        for _ in 0..<20 {
            crew.run(6, atOnceMax: 2) { _ in crew.run(5, atOnceMax: 1) { _ in counts.work() } }
        }
        #expect(counts.done == 20 * 6 * 5)
    }

    @Test func `the first of the pieces that fail is thrown, and all have run`() {
        let crew = Crew(workers: 3) { Thread.detachNewThread($0) }
        let counts = Counts()
        #expect(throws: Failure(piece: 7)) {
            try crew.run(40, atOnceMax: 2) { piece throws(Failure) in
                counts.work()
                if piece % 8 == 7 { throw Failure(piece: piece) }
            }
        }
        #expect(counts.done == 40)
    }
}
