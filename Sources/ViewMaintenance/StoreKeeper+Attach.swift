import Dataflow
import Logging
import Relational
import ViewStores

/// How views come into a store, and go.
extension StoreKeeper {
    /// Writes the rows of views into generations that no reader sees, then puts them in place and removes others, all in one transaction.
    ///
    /// Whoever makes it fail for good is left out of the next attempt.
    func attach(
        _ attachment: StoreAttachment,
        in store: any ViewStore
    ) throws(StoreFailure) -> (progress: [StoreProgress], dropped: [String]) {
        while true {
            try stage(attachment, in: store)
            if attachment.views.isEmpty, attachment.dropped.isEmpty { return ([], []) }
            do throws(StoreFailure) {
                let progress = try publish(attachment, in: store)
                for view in attachment.dropped {
                    logger.notice("view \(view) was dropped from store \(worker.name)")
                }
                return (progress, attachment.dropped)
            } catch {
                store.rollback()
                guard !error.isTransient, error.error.code != .foreign else {
                    attachment.isDoubtful = true
                    throw error
                }
                // An attempt before may have been committed after all, and taken the generations with it, or the store was opened anew;
                // else the failure is that of the rows.
                if !attachment.isDoubtful { leave(out: error, of: attachment) }
                guard attachment.isDoubtful || attachment.views.contains(where: { $0.later != nil }) else { continue }
                attachment.isDoubtful = false
                for index in attachment.views.indices { attachment.views[index].isStaged = false }
            }
        }
    }

    private func stage(_ attachment: StoreAttachment, in store: any ViewStore) throws(StoreFailure) {
        for index in attachment.views.indices.reversed() where !attachment.views[index].isStaged {
            let view = attachment.views[index]
            if view.isDifference { continue }
            do {
                try fill(view.table, OrderedRows(view.rows, of: view.table), in: store)
                attachment.views[index].isStaged = true
            } catch {
                store.rollback()
                let failure = StoreFailure(store: worker.name, views: [view.table.name], error)
                guard !failure.isTransient, failure.error.code != .foreign else {
                    attachment.isDoubtful = true
                    throw failure
                }
                leave(out: failure, of: attachment)
            }
        }
    }

    private func fill(
        _ table: ViewTable,
        _ rows: OrderedRows,
        in store: any ViewStore,
        between: (_ rowCount: Int) throws -> Void = { _ in }
    ) throws {
        try store.beginGeneration(of: table)
        try rows.forEach { rows in
            try store.append(rows, to: table)
            try between(rows.count)
        }
    }

    /// Writes rows ahead of their attachment, with at most one job between two parts of them: both go on whatever there is of the other.
    ///
    /// What fails is left to the attachment, which says why.
    func stage(_ staging: StoreStaging, in store: any ViewStore) {
        defer { worker.noteOver(staging) }
        for view in staging.views {
            do {
                try fill(view.table, view.rows, in: store) { rowCount in
                    staging.note(rows: rowCount)
                    if let step = worker.nextStep(amid: staging) { take(step, in: store) }
                    guard worker.wants(staging) else { throw CancellationError() }
                }
                staging.note(staged: view.table.name)
            } catch {
                if !(error is CancellationError) { store.rollback() }
                guard worker.wants(staging) else { return }
            }
        }
    }

    private func publish(
        _ attachment: StoreAttachment,
        in store: any ViewStore
    ) throws(StoreFailure) -> [StoreProgress] {
        var current: [String] = []
        do throws(StoreError) {
            try store.begin()
            for view in attachment.views {
                current = [view.table.name]
                if view.isDifference {
                    attachment.differences[view.table.name] = try writeDifference(view, to: store)
                } else {
                    try store.publish(view.table)
                    try view.later?.consolidate()
                    if let later = view.later, !later.rows.isEmpty { try store.apply(later.rows, to: view.table) }
                }
            }
            for view in attachment.dropped {
                current = [view]
                try store.drop(view: view)
            }
            current = attachment.views.map(\.table.name)
            let steps = attachment.views.map { progress(of: $0.table, at: attachment.frontier) }
            try store.commit(steps)
            return steps
        } catch {
            throw StoreFailure(store: worker.name, views: error.view.map { [$0] } ?? current, error)
        }
    }

    /// Inside a transaction: brings the rows that the store has of a view to the given ones, whatever definition they were of, by one delta;
    /// returns how many rows it has.
    ///
    /// Holds the delta in memory, and of both sides' rows what a queue may hold: more than that are compared share by share, each read anew.
    private func writeDifference(_ view: StoreAttachment.View, to store: any ViewStore) throws(StoreError) -> Int {
        do {
            try store.adopt(view.table)
            // Read more than once: without space on the disk that takes longer, that is all.
            try? view.rows.leaveMemory()
            var shareCount: UInt64 = 1
            while true {
                if let difference = try difference(view, store, shareCount) {
                    if !difference.isEmpty { try store.apply(difference, to: view.table) }
                    return difference.count
                }
                shareCount *= 4
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw .inconsistent(view.table.name, "its rows cannot be compared", detail: "\(error)")
        }
    }

    /// What the store's rows of a view lack and have too much; nil when a share of them is too large. Rows that are equal are in one share.
    private func difference(
        _ view: StoreAttachment.View,
        _ store: any ViewStore,
        _ shareCount: UInt64
    ) throws -> ZSet? {
        var all = ZSet()
        for number in 0..<shareCount {
            var share = DifferenceShare(number, of: shareCount, byteMax: worker.limits.queueByteMax)
            try store.scan(view.table) { share.add($0, sign: -1) }
            try view.rows.forEach { share.add($0, sign: 1) }
            if share.isTooLarge { return nil }
            try share.rows.consolidate()
            all.append(contentsOf: share.rows)
        }
        return all
    }

    /// Stops the views that a failure names, all of them when it names none. Those that were to be brought right by a difference get a
    /// generation instead.
    private func leave(out failure: StoreFailure, of attachment: StoreAttachment) {
        var culprits = failure.views.isEmpty ? attachment.views.map(\.table.name) + attachment.dropped : failure.views
        for index in attachment.views.indices where attachment.views[index].isDifference {
            let name = attachment.views[index].table.name
            guard culprits.contains(name) else { continue }
            attachment.views[index].isDifference = false
            attachment.differences[name] = nil
            culprits.removeAll { $0 == name }
            logger.notice("view \(name) cannot be brought right by a difference; it gets a new generation")
        }
        for view in attachment.views where culprits.contains(view.table.name) {
            refuse(view.table.name, attachment.ticket, because: failure.error)
            if isPatient, failure.error.code == .nameTaken { worker.await(view.table, attachment.ticket) }
        }
        for view in attachment.dropped where culprits.contains(view) {
            logger.error("view \(view) cannot be dropped from store \(worker.name): \(failure.error.message)")
        }
        attachment.views.removeAll { culprits.contains($0.table.name) }
        attachment.dropped.removeAll { culprits.contains($0) }
    }

    /// Has two views change places, in one attempt: whoever waits is told when it fails, and nothing has changed then. Returns their progress.
    ///
    /// - Throws: when the store does not say what has become of it; then it is to be tried again, and does nothing if it took place.
    func exchange(_ exchange: StoreExchange, in store: any ViewStore) throws(StoreFailure) -> [StoreProgress] {
        guard exchange.begin() else { return [] }
        let (view, other) = (exchange.view, exchange.other)
        do throws(StoreError) {
            var outcome: Result<Void, StoreError> = .success(())
            do throws(StoreError) {
                try store.begin()
                try store.exchange(view, with: other)
                try store.commit([])
            } catch {
                store.rollback()
                guard error.code != .foreign else { throw error }
                outcome = .failure(error)
            }
            let held = try store.progress().filter { $0.view == view.name || $0.view == other.name }
            let versions = Dictionary(held.map { ($0.view, $0.version) }) { first, _ in first }
            // A commit whose answer was lost may have taken place.
            if versions[view.name] == other.version, versions[other.name] == view.version { outcome = .success(()) }
            exchange.finish(outcome)
            return held
        } catch {
            throw StoreFailure(store: worker.name, views: [], error)
        }
    }
}
