import Relational
import ViewPlan
import ViewStores

/// Versions of views that were replaced and are kept: ordinary views under names of their own (`PreviousView`), with rows, progress and
/// operators of their own, so that a rollback has nothing to fold.
extension FoldLoop {
    /// The kept versions that belong to a set of views, and why others are not kept.
    struct Keeping {
        var views: [FoldedView] = []
        /// By view.
        var refused: [String: String] = [:]
    }

    /// What is kept beside `views`, given the definitions that ran `before` and the versions that were `kept` beside them.
    ///
    /// A view that changes has the definition before kept when that is wished, or when it has a kept version already.
    func keeping(
        _ wish: ApplyRequest.Previous,
        beside views: [FoldedView],
        before: [ViewDefinition],
        kept: [ViewDefinition]
    ) -> Keeping {
        var result = Keeping()
        guard wish != .drop else { return result }
        for view in views {
            let old = before.first { $0.name == view.name }
            let held = kept.first { PreviousView.original(of: $0.name) == view.name }
            let isChanged = old.map { isOther($0, view) } ?? false
            guard let previous = isChanged && (wish == .keep || held != nil) ? old : held else { continue }
            if let reason = refusal(of: view, previous, among: views, isHeld: held != nil) {
                result.refused[view.name] = reason
            } else if let name = PreviousView.name(of: view.name) {
                var definition = previous
                definition.name = name
                result.views.append(FoldedView(definition))
            }
        }
        return result
    }

    /// A change of what a view reads, and not of its own text, makes no version to go back to.
    private func isOther(_ old: ViewDefinition, _ view: FoldedView) -> Bool {
        old.sql != view.definition.sql && ViewVersion.fingerprint(old) != view.table.version
    }

    /// Of a store that is not there it is known only by what it held before.
    private func refusal(
        of view: FoldedView,
        _ old: ViewDefinition,
        among views: [FoldedView],
        isHeld: Bool
    ) -> String? {
        if PreviousView.name(of: view.name) == nil {
            return "its name is longer than \(PreviousView.nameByteMax) bytes"
        }
        if let reader = views.first(where: { $0.definition.dependencies.contains(view.name) }) {
            return "view \(reader.name) reads it"
        }
        if ViewVersion.store(of: old) != view.store { return "it moves to another store" }
        guard view.definition.kind != .cache, old.kind != .cache, stores.glance(view.store)?.exchangesViews ?? isHeld
        else {
            return "store \(view.store) cannot have two versions change places"
        }
        return nil
    }

    /// The names under which versions of views may be kept that are not in the circuit, because their files do not compile.
    func keptNames(of failed: some Sequence<String>) -> [String] { failed.compactMap(PreviousView.name) }

    /// What stores hold of versions that are not kept any more.
    func strays(beside views: [FoldedView]) -> [(view: String, store: String)] {
        let names = Set(views.map(\.name))
        return stores.holdings.filter {
            PreviousView.original(of: $0.progress.view) != nil && !names.contains($0.progress.view)
        }
        .map { ($0.progress.view, $0.store) }
    }
}
