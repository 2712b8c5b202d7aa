import Relational
import ViewStores

/// How a fold fills its report.
extension ApplyReport {
    /// Of a reconciliation for which views have changed places.
    init(exchanged names: [String]) {
        self.init()
        exchanged = names
    }

    /// A view is built; a kept version is told by the view that it is of.
    mutating func noteBuilding(_ view: FoldedView, isNew: Bool) {
        if let original = view.previousOf {
            kept.append(original)
        } else if isNew {
            created.append(view.name)
        } else {
            rebuilt.append(view.name)
        }
    }

    /// Nothing is done for a view; one that has changed places has been told of already.
    mutating func noteUnchanged(_ view: FoldedView) {
        if view.previousOf == nil, !exchanged.contains(view.name) { unchanged.append(view.name) }
    }

    /// Adds what becomes of kept versions.
    mutating func note(_ keeping: FoldLoop.Keeping, exchanged names: [String]) {
        notKept = keeping.refused
        exchanged = names
    }

    /// Where views stand that a store holds.
    mutating func note(_ holdings: [StoreSet.Holding]) {
        guard let least = holdings.map(\.progress).min(by: { $0.offset < $1.offset }) else { return }
        frontierLsn = least.position.lsn.description
        records = UInt64(max(least.offset.rawValue, 0))
    }

    /// Adds where the fold stands, and moves the views that stopped, of `names` or all, to the failed ones.
    mutating func note(_ engine: FoldEngine, only names: Set<String>? = nil) {
        for view in engine.views {
            guard let stop = view.stop, names?.contains(view.name) != false else { continue }
            fail(view.name, stop.failure)
        }
        frontierLsn = engine.frontier.position.lsn.description
        records = UInt64(max(engine.frontier.offset.rawValue, 0))
    }

    /// Moves a view to the failed ones.
    mutating func fail(_ view: String, _ failure: Status.Failure) {
        failed[view] = failure
        created.removeAll { $0 == view }
        rebuilt.removeAll { $0 == view }
        kept.removeAll { PreviousView.name(of: $0) == view }
        unchanged.removeAll { $0 == view }
    }

    /// Moves the views that were brought right by a difference from the rebuilt ones.
    mutating func note(differences: [String: Int]) {
        for (name, rows) in differences where rebuilt.contains(name) {
            corrected[name] = rows
            rebuilt.removeAll { $0 == name }
        }
    }
}
