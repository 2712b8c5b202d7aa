import Dataflow
import EventLog
import Logging
import Relational
import StateFiles
import ViewPlan

/// Beginning with a checkpoint.
extension FoldCheckpoints {
    /// An engine that begins with a checkpoint; nil when none serves these views.
    func restoredEngine(_ views: [FoldedView], crew: Crew) -> FoldEngine? {
        guard takesRestartPoints else { return nil }
        dropAhead()
        for manifest in folder.manifests where isWithin(manifest) {
            guard let views = views.resuming(at: manifest) else { continue }
            do {
                let engine = try FoldEngine(log: log, views: views, restoring: manifest, from: folder, crew: crew)
                guard let engine else { continue }
                standing = Standing(published: manifest.offset)
                logger.info(
                    "the views go on from a checkpoint",
                    metadata: ["offset": "\(manifest.offset)", "log_end": "\(log.frontier.nextOffset)"]
                )
                return engine
            } catch {
                logger.warning("the checkpoint at offset \(manifest.offset) is not used: \(error)")
            }
        }
        return nil
    }

    /// Whether a checkpoint has the state of all these views, together; and, when it is told where their rows stand, whether they could go on there.
    ///
    /// - Throws: why no circuit can be made of them.
    func serves(_ views: [ViewDefinition], standing: [FoldedView]? = nil) throws(DataflowError) -> Bool {
        dropAhead()
        for manifest in folder.manifests where isWithin(manifest) {
            guard let note = FoldNote(manifest.notes[FoldNote.name]) else { continue }
            guard views.allSatisfy({ note.known(of: FoldedView($0)) != nil }) else { continue }
            if let standing, standing.resuming(at: manifest) == nil { continue }
            let schemas = log.schemas(readWith: note.schemaIDs)
            if try Circuit(views: views, schemas: schemas, folder: folder).fits(manifest) { return true }
        }
        return false
    }

    /// A log that was put back to an earlier state will come to the checkpoint's offset with other commits than those.
    private func dropAhead() {
        let end = log.frontier.nextOffset
        guard folder.manifests.contains(where: { $0.offset > end }) else { return }
        logger.warning("the state of the views is ahead of the log; the views are folded from the log again")
        do throws(StateError) {
            try folder.drop()
        } catch {
            logger.warning("state that is ahead of the log could not be removed: \(error)")
        }
    }

    /// Whether the log leads on from a checkpoint.
    private func isWithin(_ manifest: StateManifest) -> Bool {
        manifest.offset <= log.frontier.nextOffset && manifest.offset >= log.horizon.offset
    }

    /// The newest checkpoint is not used any more; the one before it may be sound.
    func drop(because error: DataflowError) {
        logger.warning("\(error.message); the views are folded again from what is sound")
        standing = Standing()
        writer.waitUntilIdle(within: 5)
        guard let newest = folder.manifests.first else { return }
        let reason = error.underlying as? StateError ?? StateError(.corrupt, error.message)
        folder.refuse(newest, because: reason)
    }
}

extension [FoldedView] {
    /// The views as they go on from a checkpoint; nil when it does not know all of them, or serves none.
    ///
    /// A view that no store has is built on where the checkpoint has its rows so far. What a store lacks below the checkpoint can only be had
    /// from the log otherwise: such views are detached, and built beside the others.
    fileprivate func resuming(at manifest: StateManifest) -> [FoldedView]? {
        guard let note = FoldNote(manifest.notes[FoldNote.name]) else { return nil }
        var views = self
        var isOfUse = isEmpty
        for (index, view) in views.enumerated() {
            guard let known = note.known(of: view) else { return nil }
            // Without a change since its store has all that was folded, however long ago that noted its progress.
            let needed = Swift.min(Offset(known.changedThrough), manifest.offset)
            if let through = view.attachedThrough, through >= needed {
                isOfUse = true
            } else if view.attachedThrough == nil, known.keepsRows == true {
                isOfUse = true
            } else {
                views[index].detach(at: view.resumedAt ?? view.oldRows ?? .start)
            }
        }
        return isOfUse ? views : nil
    }
}
