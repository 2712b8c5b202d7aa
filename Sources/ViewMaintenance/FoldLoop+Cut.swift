import Dataflow
import EventLog
import Logging
import Relational
import ViewPlan
import ViewStores

/// The shadow of a change of views, and the cut at which it takes over (`FoldLoop+Reconcile`).
extension FoldLoop {
    /// Folds the new set on a thread of its own up to where the running fold is, and has its rows written.
    func start(_ pending: PendingShadow) {
        let (log, mailbox, board, clock, workers) = (log, mailbox, board, clock, stores.workers)
        let (isCancelled, names) = (pending.isCancelled, pending.building.map(\.name))
        let (handed, bytesPerSecond) = (Handover(pending.views), pending.bytesPerSecond)
        let workerCount = crew.workers
        let state = checkpoints.map { [memory] in (folder: $0.folder, memory: memory) }
        OwnThread.start("leftfold-shadow", isInBackground: true) {
            let result: FoldRequest.ShadowResult
            do {
                let reading = ProgressMeter(clock: clock)
                var writing: ProgressMeter?
                let pace = bytesPerSecond.map { ReplayPace(bytesPerSecond: $0) }
                let build = try ShadowBuild.make(
                    handed.value,
                    log: log,
                    state: state,
                    board: board,
                    stores: workers,
                    pace: pace,
                    crew: .threads(workerCount, isInBackground: true)
                ) {
                    if case .writing = $0, writing == nil { writing = ProgressMeter(clock: clock) }
                    let progress =
                        switch $0 {
                        case .reading(let offset): reading.describe(offset, of: log.frontier.nextOffset)
                        case .writing(let rows, let all): (writing ?? reading).describe(rows: rows, of: all)
                        }
                    board.show(progress: progress, of: names)
                    return !isCancelled.isSet
                }
                result = .ready(Handover(build))
            } catch {
                result = .failed(Self.describe(error))
            }
            mailbox.post(.shadowReady(result))
        }
    }

    /// The cut: the shadow takes over at the running frontier. Until a view's rows are committed its readers see the old ones.
    ///
    /// - Throws: what ends the fold: a store that belongs to somebody else.
    func finishShadow(_ result: FoldRequest.ShadowResult) throws {
        guard let pending = shadow, let running = engine else { return }
        shadow = nil
        board.update(memory: { $0.buildingBytes = 0 })
        if pending.isCancelled.isSet {
            publish(running)
            return pending.reply(.failure(Self.cancelled))
        }
        do {
            let build = try Self.build(of: result)
            try build.fold(to: running.frontier)
            let fresh = build.engine
            hearRefusals(running)
            takeOver(running, into: fresh)
            engine = fresh
            checkpoints?.noteOtherViews()
            let named = Set(fresh.views.filter(\.awaitsName).map(\.attachment))
            for worker in stores.workers.values { worker.keepNames(of: named) }
            // Millions of rows take a while to go; nobody waits for that.
            let gone = Handover(running)
            OwnThread.start("leftfold-gone", isInBackground: true) { _ = gone }
            failures = pending.failures
            do {
                try attachPending(
                    fresh,
                    ahead: build.ahead,
                    dropping: pending.dropped,
                    refuse: { pending.reply(.failure($0)) }
                ) { engine in
                    pending.reply(.success(self.finished(pending.report, engine, only: pending.asked)))
                }
            } catch {
                // Who waits is among those that the end of the loop answers.
                throw FatalFailure(error: error)
            }
            noteApplied(fresh.views, isComplete: true)
            shown.nextMeasurement = nil
            publish(fresh)
            // Stores may be back that were away when this began.
            stores.news.tell()
        } catch is CompactedPart {
            // The log was compacted beyond the cut since the shadow was built.
            shadow = pending
            start(pending)
        } catch let failure as FatalFailure {
            throw failure.error
        } catch {
            nextAttach = clock.now + stores.limits.retryDelayMax
            publish(running)
            pending.reply(.failure(Self.describe(error)))
        }
    }

    /// A failure after which the fold does not go on, whoever waits for an answer.
    private struct FatalFailure: Error {
        var error: any Error
    }

    private static func build(of result: FoldRequest.ShadowResult) throws(MaintenanceError) -> ShadowBuild {
        switch result {
        case .failed(let error): throw error
        case .ready(let handed): return handed.value
        }
    }

    /// Views that are not built anew go on where the running fold has them; one that has stopped meanwhile stays so.
    private func takeOver(_ running: FoldEngine, into fresh: FoldEngine) {
        for index in fresh.views.indices where fresh.views[index].attachedThrough != nil {
            let old = running.views.first { $0.name == fresh.views[index].name }
            fresh.views[index].attachedThrough = fresh.frontier.offset
            fresh.noteChanged(index, as: running)
            if let stop = old?.stop {
                fresh.views[index].stop = stop
            } else if let old, fresh.views[index].awaitsName {
                // Its name has become free since the shadow began.
                fresh.views[index].stop = nil
                fresh.views[index].isNameFree = old.isNameFree
            }
            if let old { fresh.views[index].attachment = old.attachment }
            // It may have been detached since the shadow began, or have been so before.
            if let rows = old?.detachedAt ?? fresh.views[index].detachedAt { fresh.views[index].detach(at: rows) }
        }
    }

    /// The report with what has become of the views, of `names` or all.
    func finished(_ report: ApplyReport, _ engine: FoldEngine, only names: Set<String>?) -> ApplyReport {
        var report = report
        report.note(engine, only: names)
        for view in engine.views where report.created.contains(view.name) || report.rebuilt.contains(view.name) {
            guard view.stop == nil, isAttaching(view) || view.detachedAt != nil,
                let outage = stores.glance(view.store)?.outage
            else { continue }
            report.fail(view.name, Self.away(view.store, outage))
        }
        report.note(differences: stores.differenceRowCounts)
        return report
    }

    /// Why a view is not in place yet.
    static func away(_ store: String, _ outage: StoreOutage) -> Status.Failure {
        Status.Failure(
            code: "store",
            message: "store \(store): \(outage.error.message)",
            hint: outage.error.hint ?? "the view is put in place when the store is back"
        )
    }
}
