import Relational
import ViewPlan
import ViewStores

/// Views that are brought right by the difference to the rows that their store has: readers keep their table, and it changes in one
/// transaction. What a difference cannot do is done by a new generation.
extension FoldLoop {
    /// Whether a view that changes, or is repaired, can keep its table.
    func keepsTable(_ view: FoldedView, _ old: ViewDefinition?, isRepair: Bool) -> Bool {
        guard let old, isRepair || DefinitionChange.wantsDifference(view.definition) else { return false }
        let change = DefinitionChange(from: old, to: view.definition)
        return change.keepsTable && (isRepair || !change.parts.isEmpty)
    }

    /// At the start: a view whose rows are of another definition keeps its table when it asks for that and the definition is still known.
    func markDifference(_ view: inout FoldedView, _ holdings: [StoreSet.Holding], _ running: [ViewDefinition]) {
        guard view.attachedThrough == nil, view.oldRows == nil,
            let held = holdings.first(where: { $0.progress.view == view.name }), held.store == view.store,
            let old = running.first(where: { $0.name == view.name }),
            ViewVersion.fingerprint(old) == held.progress.version
        else { return }
        view.isDifference = keepsTable(view, old, isRepair: false)
    }

    /// The definitions of the views that ran last, as far as they can be compiled; what cannot is no reason not to start.
    func definitionsBefore() -> [ViewDefinition] {
        let compiled = (try? compiler.compileApplied(log.newestSchemas)) ?? []
        return compiled.compactMap { try? $0.result.get() }
    }
}
