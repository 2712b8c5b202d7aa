import Foundation
import Relational

@testable import EventLog
@testable import ViewMaintenance

extension EventLog {
    /// Makes everything so far the compacted part of the log, with no record left out: what a reader gets is one unit of states.
    ///
    /// With `isFloor` a reader between the beginning and its end has to begin again.
    func markCompacted(isFloor: Bool = false) throws {
        try sealActiveSegment()
        let horizon = LogHorizon(offset: frontier.nextOffset, position: frontier.source, time: frontier.sourceTime)
        for old in monitor.withLock({ state.segments }) where old.end > old.first {
            var new = old
            new.revision = makeRevision()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: old.path(in: directory)))
            bytes.replaceSubrange(0..<SegmentFile.headerByteCount, with: SegmentFile.header(id: id, new))
            try bytes.write(to: URL(fileURLWithPath: new.path(in: directory)))
            try swapSegments([old], for: new, horizon: horizon) { manifest in
                manifest.clean = horizon.offset
                if isFloor { manifest.floor = horizon.offset }
            }
        }
    }
}

extension LogPlace {
    /// Brings views up in a store as `apply` does, with epochs and chunks of at most `records` records.
    func bringUp(_ statements: [Statement], store: String, records: Int, limit: FoldLimit = .none) throws -> FoldLoop {
        var budget = EpochBudget.replay
        budget.records = records
        let (log, board) = (log, StatusBoard())
        let loop = FoldLoop(
            FoldLoop.Parts(
                log: log,
                compiler: StatementCompiler(statements),
                board: board,
                mailbox: FoldMailbox(wake: {}),
                stores: StoreSet(
                    ["main": StoreOpening(try openStore(store))],
                    logID: log.id.description,
                    board: board,
                    isPatient: false,
                    logger: Self.logger,
                    wake: { log.wakeReaders() }
                ),
                logger: Self.logger,
                limit: limit,
                isPatient: false,
                replayBudget: budget
            )
        )
        try loop.start(appliesFolder: true)
        try loop.drain()
        return loop
    }
}
