import Dataflow
import EventLog
import Logging
import Relational
import StateFiles

/// The last checkpoint: a fold that was told to stop has the next start begin where it stopped.
///
/// 1. It is taken when something was folded since the one before, beside no build and no exchange of views.
/// 2. It is published when every store has what was folded; a store that is away is not waited for.
/// 3. After some seconds it is given up: the one before is what the next start begins with.
extension FoldCheckpoints {
    /// How long the end of the process may wait for it.
    private static let leavingPatience = Duration.seconds(4)

    /// Leaves a last checkpoint, if that is done within seconds.
    func leave(_ engine: FoldEngine, within stateByteMax: Int) {
        guard takesRestartPoints else { return }
        let end = clock.now + Self.leavingPatience
        isLeaving = true
        stores.news.listen(true)
        do {
            while true {
                let wakeCount = log.wakeCount
                guard try isLastOnItsWay(engine, within: stateByteMax) else { return }
                let left = end - clock.now
                guard left > .zero else {
                    return logger.notice("the last checkpoint takes too long: the next start folds more of the log")
                }
                let pause = min(left, .milliseconds(100))
                _ = try log.waitForFrontier(beyond: Offset(.max), timeout: pause, since: wakeCount)
            }
        } catch {
            logger.warning("there is no last checkpoint, so the next start folds more of the log: \(error)")
        }
    }

    /// Brings the last checkpoint further; false when it is done or nothing will become of it.
    private func isLastOnItsWay(_ engine: FoldEngine, within stateByteMax: Int) throws(DataflowError) -> Bool {
        let failures = standing.failures
        try move(engine, within: stateByteMax)
        guard standing.failures <= failures else { return false }
        if standing.job != nil { return true }
        return standing.ready != nil && !stores.isAnyWaitedForInVain
    }

    /// Whether what was folded is in no checkpoint yet that is on its way.
    func isLastDue(_ engine: FoldEngine) -> Bool {
        guard engine.canCheckpoint, !stores.isAnyWaitedForInVain else { return false }
        return engine.frontier.offset > max(standing.published, standing.ready?.manifest.offset ?? .zero)
    }
}

extension StoreSet {
    /// Whether a store that follows the fold is not there to take what was folded.
    fileprivate var isAnyWaitedForInVain: Bool {
        workers.values.contains { worker in
            let glance = worker.glance
            return glance.isAway && !glance.isDetached
        }
    }
}
