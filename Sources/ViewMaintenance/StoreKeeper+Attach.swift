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
                    attachment.hasFailed = true
                    throw error
                }
                guard attachment.hasFailed else {
                    leave(out: error, of: attachment)
                    continue
                }
                // The attempt before may have been committed after all, and taken the generations with it.
                attachment.hasFailed = false
                for index in attachment.views.indices { attachment.views[index].isStaged = false }
            }
        }
    }

    private func stage(_ attachment: StoreAttachment, in store: any ViewStore) throws(StoreFailure) {
        for index in attachment.views.indices.reversed() where !attachment.views[index].isStaged {
            let view = attachment.views[index]
            do {
                try store.beginGeneration(of: view.table)
                try view.rows.forEach { (rows) in try store.append(rows, to: view.table) }
                attachment.views[index].isStaged = true
            } catch {
                store.rollback()
                let failure = StoreFailure(store: worker.name, views: [view.table.name], error)
                guard !failure.isTransient, failure.error.code != .foreign else { throw failure }
                leave(out: failure, of: attachment)
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
                try store.publish(view.table)
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
            throw StoreFailure(store: worker.name, views: current, error)
        }
    }

    /// Stops the views that a failure names, all of them when it names none.
    private func leave(out failure: StoreFailure, of attachment: StoreAttachment) {
        let culprits = failure.views.isEmpty ? attachment.views.map(\.table.name) + attachment.dropped : failure.views
        for view in attachment.views where culprits.contains(view.table.name) {
            refuse(view.table.name, attachment.ticket, because: failure.error)
        }
        for view in attachment.dropped where culprits.contains(view) {
            logger.error("view \(view) cannot be dropped from store \(worker.name): \(failure.error.message)")
        }
        attachment.views.removeAll { culprits.contains($0.table.name) }
        attachment.dropped.removeAll { culprits.contains($0) }
    }
}
