import Synchronization
import ViewStores

/// Names that somebody else has in the store.
extension StoreWorker {
    /// The store's side: something that is not Leftfold's has the name of a view, which the store refused.
    func await(_ table: ViewTable, _ attachment: UInt64) {
        state.withLock { state in
            state.names.note(table, attachment, at: clock.now, delay: limits.nameDelay)
        }
    }

    /// The store's side: the name of a view is free.
    func noteFree(_ entry: TakenNames.Entry) {
        state.withLock { state in
            state.names.noteFree(entry.table.name)
            state.freed.append(entry.attachment)
        }
        news.tell()
    }

    /// The fold's side: the attachments, refused before, of the views whose names have become free since the last call.
    func takeFreed() -> [UInt64] {
        state.withLock { state in
            defer { state.freed = [] }
            return state.freed
        }
    }

    /// The fold's side: only the names of these attachments are of interest.
    func keepNames(of attachments: Set<UInt64>) { state.withLock { $0.names.keep(attachments) } }
}
