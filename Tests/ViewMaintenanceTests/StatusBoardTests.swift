import Relational
import Synchronization
import Testing

@testable import ViewMaintenance

@Suite struct StatusBoardTests {
    private func frontier(_ lsn: UInt64) -> Frontier {
        Frontier(offset: Offset(Int64(lsn)), position: SourcePosition(timeline: 1, lsn: LSN(lsn)))
    }

    private func view(_ name: String, _ state: Status.State, at frontier: Frontier? = nil) -> StatusBoard.ViewEntry {
        var entry = StatusBoard.ViewEntry(name: name, store: "main", state: state)
        entry.frontier = frontier
        return entry
    }

    /// Collects the result of a wait.
    private final class Ear: Sendable {
        private let heard = Mutex<[StatusBoard.WaitResult]>([])

        var results: [StatusBoard.WaitResult] { heard.withLock { $0 } }

        func wait(_ board: StatusBoard, _ lsn: UInt64, _ view: String? = nil) -> UInt64 {
            board.wait(for: LSN(lsn), view: view) { result in self.heard.withLock { $0.append(result) } }
        }
    }

    @Test func `nothing is decided before the set of views is known`() {
        let board = StatusBoard()
        let ear = Ear()
        _ = ear.wait(board, 0, "v")
        #expect(ear.results.isEmpty)
        board.publish(frontier(5), views: [view("v", .live)])
        #expect(ear.results == [.reached])
    }

    @Test func `every waiter hears once, whether it is reached, ended or failed`() {
        let board = StatusBoard()
        board.publish(frontier(5), views: [view("v", .live), view("w", .building)])
        let (one, all, nobody) = (Ear(), Ear(), Ear())
        let first = one.wait(board, 7, "v")
        _ = all.wait(board, 7)
        _ = nobody.wait(board, 7, "x")
        #expect(nobody.results == [.unknown("view \"x\" does not exist")])
        board.publish(frontier(7), views: [view("v", .live), view("w", .building)])
        board.endWait(first, with: .timedOut)
        #expect(one.results == [.reached])
        #expect(all.results.isEmpty)
        board.publish(frontier(8), views: [view("v", .live), view("w", .error)])
        #expect(all.results == [.failed("view \"w\" is in state error")])
        let late = Ear()
        _ = late.wait(board, 100, "v")
        board.close("over")
        _ = late.wait(board, 1, "v")
        #expect(late.results == [.failed("over"), .failed("over")])
        #expect(board.waiterCount == 0)
    }

    @Test func `a view that is rebuilt is followed by its old rows, unless they had stopped`() {
        let board = StatusBoard()
        let (following, stopped) = (Ear(), Ear())
        board.publish(frontier(5), views: [view("v", .rebuilding), view("w", .rebuilding, at: frontier(3))])
        _ = following.wait(board, 5, "v")
        _ = stopped.wait(board, 5, "w")
        #expect(following.results == [.reached])
        #expect(stopped.results.isEmpty)
        board.publish(frontier(5), views: [view("v", .live), view("w", .live)])
        #expect(stopped.results == [.reached])
    }

    @Test func `a view is where its store is, and never before the rows it began with`() {
        let board = StatusBoard()
        let (early, late, other) = (Ear(), Ear(), Ear())
        var resumed = view("r", .live)
        resumed.least = frontier(4)
        board.note(store: "main", at: frontier(3))
        board.publish(frontier(9), views: [view("v", .live), resumed])
        _ = early.wait(board, 4, "r")
        _ = late.wait(board, 5, "r")
        _ = other.wait(board, 4, "v")
        #expect(early.results == [.reached] && late.results.isEmpty && other.results.isEmpty && !board.isSettled)
        board.note(store: "main", at: frontier(6))
        #expect(late.results == [.reached] && other.results == [.reached] && !board.isSettled)
        board.note(store: "main", at: frontier(9))
        #expect(board.isSettled)
    }

    @Test func `a wait for a store that is away lasts until its time is over, and then says why`() {
        let board = StatusBoard()
        var away = view("v", .error)
        away.isStoreAway = true
        away.failure = Status.Failure(code: "store", message: "store main: nobody listens")
        board.note(store: "main", at: frontier(3))
        board.publish(frontier(9), views: [away])
        let (shown, over, back) = (Ear(), Ear(), Ear())
        _ = shown.wait(board, 3, "v")
        let number = over.wait(board, 5, "v")
        _ = back.wait(board, 5)
        #expect(shown.results == [.reached] && over.results.isEmpty)
        board.endWait(number, with: .timedOut)
        #expect(over.results == [.failed("view \"v\" waits: store main: nobody listens")])
        board.note(store: "main", at: frontier(5))
        #expect(back.results == [.reached])
    }

    @Test func `the progress of a build stays while other things are published, and goes with its end`() {
        let board = StatusBoard()
        board.publish(frontier(1), views: [view("v", .building)])
        board.show(progress: "half", of: ["v", "nobody"])
        board.publish(frontier(2), views: [view("v", .building)], epochs: 1, records: 3)
        #expect(board.published.views.map(\.progress) == ["half"])
        board.publish(frontier(3), views: [view("v", .live)], epochs: 1, records: 4)
        #expect(board.published.views.map(\.progress) == [nil])
        #expect(board.published.epochs == 2 && board.published.records == 7)
    }

    @Test func `a closed mailbox answers what waits in it and what comes later`() {
        let box = FoldMailbox(wake: {})
        let answers = Mutex<[Bool]>([])
        let error = MaintenanceError(.stopping, "over")
        func ask() {
            box.post(.hold(nil, { result in if case .failure = result { answers.withLock { $0.append(false) } } }))
            box.post(.release(1, { released in answers.withLock { $0.append(released) } }))
        }
        ask()
        box.close(error)
        ask()
        #expect(answers.withLock { $0 } == [false, false, false, false])
        #expect(box.takeAll().isEmpty)
    }
}

@Suite struct ProgressMeterTests {
    @Test func `share, rate and time left follow from offset and time`() {
        #expect(
            ProgressMeter.describe(Offset(250), of: Offset(1000), after: .seconds(5))
                == "25 % of the log, 50 records/s, 15 s left"
        )
        #expect(ProgressMeter(clock: .continuous).describe(rows: 1, of: 4).hasPrefix("25 % of the rows written, "))
        let meter = ProgressMeter(clock: .continuous)
        #expect(
            meter.describe(Offset(130), from: Offset(100), to: Offset(200), of: "transaction").hasPrefix(
                "30 % of the transaction, "
            )
        )
        #expect(ProgressMeter.describe(Offset(999), of: Offset(1000), after: .seconds(1)).hasPrefix("99 % "))
        #expect(ProgressMeter.describe(Offset(1000), of: Offset(1000), after: .seconds(2)).hasSuffix(" 0 s left"))
    }

    @Test(
        arguments: [
            (0, 0, 0), (0, 10, 1), (20, 10, 1), (-1, -1, 1), (.max, .max, 0), (1, .max, 1_000_000),
        ]
            as [(Int64, Int64, Int64)]
    )
    func `no numbers make it fail`(offset: Int64, end: Int64, seconds: Int64) {
        for elapsed in [Duration.seconds(seconds), .nanoseconds(1)] {
            #expect(ProgressMeter.describe(Offset(offset), of: Offset(end), after: elapsed).contains("% of the log"))
        }
    }
}
