import Logging
import Relational
import ViewStores

/// The thread of one store, from its opening to its end. It owns the store: nobody else calls it.
///
/// 1. The store is opened and claimed, again and again until it is there.
/// 2. Jobs are done in order. A store that cannot be reached keeps its job, which is tried again after a pause.
/// 3. Rows of views to come are written when there is no job, a few between two of them (`StoreKeeper+Attach`).
/// 4. A view that the store refuses for good is left out from then on; the others go on.
final class StoreKeeper {
    let worker: StoreWorker
    private let opening: StoreOpening
    private let logID: String
    /// Whether a store that fails is waited for; else its failure ends the fold.
    let isPatient: Bool
    let logger: Logger
    private var token: Int64 = 0
    /// Attachments of views that the store has refused.
    private var refused: Set<Part> = []

    /// One view of one attachment.
    private struct Part: Hashable {
        var view: String
        var attachment: UInt64
    }

    init(_ worker: StoreWorker, _ opening: StoreOpening, logID: String, isPatient: Bool, _ logger: Logger) {
        self.worker = worker
        self.opening = opening
        self.logID = logID
        self.isPatient = isPatient
        self.logger = logger
    }

    /// Works until it is told to stop.
    func run() {
        var opened: (any ViewStore)?
        while let step = worker.nextStep() {
            switch (step, opened) {
            case (.open, _): opened = open()
            case (_, let store?): take(step, in: store)
            case (.note(let note), nil):
                note.reply(.failure(StoreError(.unavailable, "store \(worker.name) is not open")))
            case (.probe, nil), (.look, nil), (.job, nil), (.stage, nil):
                preconditionFailure("a store that is not open got something to do")
            }
        }
        opened?.rollback()
    }

    func take(_ step: StoreWorker.Step, in store: any ViewStore) {
        switch step {
        case .open: break
        case .note(let note): note.reply(noteProgress(note, in: store))
        case .probe:
            guarded { () throws(StoreFailure) in
                try failing { () throws(StoreError) in _ = try store.progress() }
                worker.noteAnswer()
            }
        case .look(let entry): guarded { () throws(StoreFailure) in try look(entry, in: store) }
        case .job(let job): guarded { () throws(StoreFailure) in try perform(job, in: store) }
        case .stage(let staging): stage(staging, in: store)
        }
    }

    private func open() -> (any ViewStore)? {
        do {
            let named = try opening.open()
            token = try named.store.claim(logID: logID)
            let held = try named.store.progress().filter { $0.logID == logID }
            worker.noteOpen(named, holding: held)
            return named.store
        } catch {
            let failure = StoreFailure(store: worker.name, views: [], error)
            if !(error is StoreError) || !failure.isTransient {
                worker.give(up: error)
            } else if isPatient {
                worker.fail(failure.error)
            } else {
                worker.give(up: MaintenanceError(givenUp: failure))
            }
            return nil
        }
    }

    /// Runs `body`; a failure that may pass makes the store wait, any other ends the fold.
    private func guarded(_ body: () throws(StoreFailure) -> Void) {
        do throws(StoreFailure) {
            try body()
        } catch {
            if error.error.code == .foreign {
                worker.give(up: error.error)
            } else if isPatient {
                worker.fail(error.error)
            } else {
                worker.give(up: MaintenanceError(givenUp: error))
            }
        }
    }

    /// Looks at a name that was taken.
    private func look(_ entry: TakenNames.Entry, in store: any ViewStore) throws(StoreFailure) {
        do throws(StoreError) {
            try store.checkName(of: entry.table)
            worker.noteFree(entry)
        } catch {
            guard error.code == .nameTaken else { throw StoreFailure(store: worker.name, views: [], error) }
            worker.await(entry.table, entry.attachment)
        }
    }

    private func failing(_ body: () throws(StoreError) -> Void) throws(StoreFailure) {
        do { try body() } catch { throw StoreFailure(store: worker.name, views: [], error) }
    }

    private func perform(_ job: StoreJob, in store: any ViewStore) throws(StoreFailure) {
        switch job {
        case .mark: worker.noteDone(job, [])
        case .epoch(let epoch):
            while true {
                do throws(StoreFailure) {
                    worker.noteDone(job, try commit(epoch, in: store))
                    return
                } catch {
                    store.rollback()
                    let before = refused.count
                    guard !error.isTransient, error.error.code != .foreign else { throw error }
                    // A row that a store refuses says nothing of what it held before.
                    if isPatient, error.error.view == nil, let left = progressAfterLoss(in: store) {
                        return worker.lose(leaving: left)
                    }
                    for delta in epoch.deltas where error.views.contains(delta.table.name) {
                        refuse(delta.table.name, delta.attachment, because: error.error)
                    }
                    // Nobody is at fault: the same would come of the next attempt.
                    guard refused.count > before else { throw error }
                }
            }
        case .attach(let attachment):
            let (progress, dropped) = try attach(attachment, in: store)
            worker.noteDone(job, progress, dropped: dropped)
        case .exchange(let exchange): worker.noteDone(job, try self.exchange(exchange, in: store))
        }
    }

    /// What a store holds that is behind what it has committed, as one without its newest writes is; nil when it is not.
    ///
    /// A store changes no progress by itself, and each commit moves it on: less than that means that rows went with it.
    private func progressAfterLoss(in store: any ViewStore) -> [StoreProgress]? {
        guard let all = try? store.progress() else { return nil }
        let left = all.filter { $0.logID == logID }
        let isBehind = worker.held.contains { held in
            guard let now = left.first(where: { $0.view == held.view }) else { return true }
            return now.version == held.version && now.offset < held.offset
        }
        return isBehind ? left : nil
    }

    func refuse(_ view: String, _ attachment: UInt64, because error: StoreError) {
        refused.insert(Part(view: view, attachment: attachment))
        worker.refuse(view, attachment, because: error)
    }

    // MARK: Epochs

    /// Commit point 2: the deltas of whole epochs and the progress of their views, in one transaction.
    ///
    /// - Throws: `StoreFailure` naming the views at fault; the transaction is to be rolled back.
    private func commit(_ epoch: StoreEpoch, in store: any ViewStore) throws(StoreFailure) -> [StoreProgress] {
        if let done = try commitWithoutAnswer(of: epoch, in: store) { return done }
        var touched: [StoreProgress] = []
        for delta in epoch.deltas where !refused.contains(Part(view: delta.table.name, attachment: delta.attachment)) {
            do throws(StoreError) {
                var isTouched = false
                try delta.forEachPart { rows throws(StoreError) in
                    if touched.isEmpty { try store.begin() }
                    if !isTouched { touched.append(progress(of: delta.table, at: epoch.end)) }
                    isTouched = true
                    try store.apply(rows, to: delta.table)
                }
            } catch {
                throw StoreFailure(store: worker.name, views: [delta.table.name], error)
            }
        }
        guard !touched.isEmpty else { return [] }
        do throws(StoreError) {
            try store.commit(touched)
        } catch {
            epoch.lost = touched
            var failure = StoreFailure(store: worker.name, views: [], error)
            if !failure.isTransient { failure.views = error.view.map { [$0] } ?? contradicting(touched, in: store) }
            throw failure
        }
        worker.note(warning: store.warning)
        return touched
    }

    /// What a commit of this epoch has done whose failure was that of the way back; nil when there was none, or it did not take place.
    private func commitWithoutAnswer(
        of epoch: StoreEpoch,
        in store: any ViewStore
    ) throws(StoreFailure) -> [StoreProgress]? {
        guard let steps = epoch.lost else { return nil }
        var held: Set<StoreProgress> = []
        try failing { () throws(StoreError) in held = Set(try store.progress()) }
        epoch.lost = nil
        return steps.allSatisfy(held.contains) ? steps : nil
    }

    /// The views whose entries in the store do not let this progress follow; all of them when none stands out.
    private func contradicting(_ steps: [StoreProgress], in store: any ViewStore) -> [String] {
        guard let held = try? store.progress() else { return steps.map(\.view) }
        let odd = steps.filter { step in
            guard let entry = held.first(where: { $0.view == step.view }) else { return true }
            return entry.version != step.version || entry.logID != step.logID || entry.offset >= step.offset
        }
        return (odd.isEmpty ? steps : odd).map(\.view)
    }

    func progress(of table: ViewTable, at frontier: Frontier) -> StoreProgress {
        StoreProgress(
            logID: logID,
            view: table.name,
            version: table.version,
            offset: frontier.offset,
            position: frontier.position,
            fencingToken: token
        )
    }

    // MARK: Progress

    /// Moves views up to where the fold was, durably, and answers with what the least of them is then.
    ///
    /// A view whose rows are not there yet, or are of another version, is passed over: it is built whatever the log has lost.
    private func noteProgress(_ note: StoreWorker.Note, in store: any ViewStore) -> Result<Offset, StoreError> {
        let glance = worker.glance
        if let outage = glance.outage { return .failure(outage.error) }
        let target = glance.applied.offset < note.frontier.offset ? glance.applied : note.frontier
        do throws(StoreError) {
            var held: [String: StoreProgress] = [:]
            for progress in try store.progress() { held[progress.view] = progress }
            let there = note.views.filter { !refused.contains(Part(view: $0.table.name, attachment: $0.attachment)) }
                .map(\.table)
                .filter { held[$0.name]?.version == $0.version }
            let behind = there.filter { (held[$0.name]?.offset ?? .zero) < target.offset }
            let steps = behind.map { progress(of: $0, at: target) }
            try store.noteProgress(steps)
            worker.noteProgress(steps)
            return .success(there.map { max(held[$0.name]?.offset ?? .zero, target.offset) }.min() ?? target.offset)
        } catch {
            store.rollback()
            if error.code == .foreign {
                worker.give(up: error)
            } else if isPatient, StoreFailure(store: worker.name, views: [], error).isTransient {
                worker.fail(error)
            }
            return .failure(error)
        }
    }
}
