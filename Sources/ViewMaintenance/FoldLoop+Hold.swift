import Logging
import Relational

/// The fold stands still for somebody who compares views with the source.
extension FoldLoop {
    /// The fold stands still where it is, or goes on to an LSN and then stands still.
    struct Hold {
        var ticket: UInt64
        /// Where it goes on to; nil while it stands.
        var target: LSN?
        var expires: ContinuousClock.Instant
        /// Who waits for the cut; nil once answered.
        var reply: FoldRequest.Reply<HoldReport>?
    }

    /// How long to wait for the log while somebody holds the fold: until the hold is over at most.
    var idleWait: Duration {
        if isFull || exchanging != nil { return .milliseconds(100) }
        guard let hold else { return .seconds(1) }
        return min(max(hold.expires - clock.now, .milliseconds(1)), .seconds(1))
    }

    /// Without an LSN a new hold begins, for one holder at a time; with one a hold moves on, or begins.
    func begin(holdAt lsn: LSN?, _ reply: @escaping FoldRequest.Reply<HoldReport>) {
        guard let engine else { return reply(.failure(Self.notReady)) }
        endHoldIfDue()
        if let hold, lsn == nil || hold.reply != nil {
            let left = max(hold.expires - clock.now, .zero).components.seconds + 1
            return reply(
                .failure(
                    MaintenanceError(
                        .fold,
                        "somebody else holds the views",
                        detail: "for \(left) s more at most",
                        hint: "try again"
                    )
                )
            )
        }
        if let lsn, engine.frontier.position.lsn > lsn {
            return reply(
                .failure(
                    MaintenanceError(
                        .fold,
                        "the views are at \(engine.frontier.position.lsn), past \(lsn)",
                        hint: "try again"
                    )
                )
            )
        }
        if hold == nil { lastTicket += 1 }
        hold = Hold(ticket: lastTicket, target: lsn, expires: clock.now + holdDuration, reply: reply)
        stores.news.listen(true)
        endHoldIfDue()
    }

    /// Lets the fold go on; false when that hold is over already.
    func release(_ ticket: UInt64) -> Bool {
        guard let current = hold, current.ticket == ticket else { return false }
        current.reply?(.failure(MaintenanceError(.fold, "the views were released", hint: "try again")))
        hold = nil
        return true
    }

    /// Answers a hold whose cut is reached, and ends one that was not released in time.
    func endHoldIfDue() {
        guard let current = hold, let engine else { return }
        if clock.now >= current.expires {
            hold = nil
            if let reply = current.reply {
                let lsn = current.target.map { "LSN \($0)" } ?? "its place"
                reply(.failure(MaintenanceError(.timeout, "the log did not reach \(lsn) within \(holdDuration)")))
            } else {
                logger.warning("nobody released the views within \(holdDuration); they go on")
            }
            return
        }
        guard let reply = current.reply else { return }
        // A target that commits lie beyond is reached as well: the epoch that ends there stands at the target.
        if let target = current.target, engine.frontier.position.lsn < target { return }
        // Readers see the cut when the stores are there too; those that fail are named.
        guard stores.areSettled(at: engine.frontier) else { return }
        hold?.reply = nil
        hold?.target = nil
        hold?.expires = clock.now + holdDuration
        var report = HoldReport(
            ticket: current.ticket,
            frontierLsn: engine.frontier.position.lsn.description,
            frontierOffset: engine.frontier.offset.rawValue
        )
        report.storesAway = stores.away
        reply(.success(report))
    }
}
