import Relational
import ViewMaintenance
import ViewPlan
import ViewSQL

extension PlanCommand {
    /// What the views leave open, each with what to do.
    static func orderNotes(_ installation: Installation, _ relations: [RelationSchema]) throws -> [String] {
        let views = try installation.viewFolder.compile(relations).compactMap { try? $0.result.get() }
        let compiler = ViewCompiler(relations: relations)
        return views.flatMap { view in
            compiler.notes(on: view, among: views).map {
                "note: view \(view.name): \($0)\n  hint: end the ORDER BY with a key of the rows"
            }
        }
    }
}
