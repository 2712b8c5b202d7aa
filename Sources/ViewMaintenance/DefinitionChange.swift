import Relational
public import ViewPlan
import ViewStores

/// What is different between two definitions of one view.
public struct DefinitionChange: Hashable, Sendable {
    /// A part of a definition.
    public enum Part: String, Sendable, Codable, CaseIterable {
        /// Its SELECT computes other rows.
        case query
        /// A view that it reads, or a table's columns, and not its own text.
        case inputs
        case columns
        case key
        case index
        case kind
        case options
        case store
        /// This version of Leftfold computes other rows from the same plan.
        case engine
    }

    /// In the order of `Part`; empty when nothing that decides the rows has changed.
    public let parts: [Part]
    /// Whether the rows that are there can become the new ones by a difference: the same columns, key, indexes,
    /// kind and store, and no cache.
    public let keepsTable: Bool

    public init(from old: ViewDefinition, to new: ViewDefinition) {
        let (before, after) = (ViewVersion.table(of: old), ViewVersion.table(of: new))
        var parts: Set<Part> = []
        if old.root != new.root { parts.insert(old.sql == new.sql ? .inputs : .query) }
        if before.columns != after.columns { parts.insert(.columns) }
        if before.key != after.key { parts.insert(.key) }
        if before.indexes != after.indexes { parts.insert(.index) }
        if before.kind != after.kind { parts.insert(.kind) }
        if before.options != after.options { parts.insert(.options) }
        if ViewVersion.store(of: old) != ViewVersion.store(of: new) { parts.insert(.store) }
        if parts.isEmpty, before.version != after.version { parts.insert(.engine) }
        let isSameTable = parts.isDisjoint(with: [.columns, .key, .index, .kind, .options, .store])
        // Redis puts whole generations in place.
        keepsTable = isSameTable && new.kind != .cache
        self.parts = Part.allCases.filter(parts.contains)
    }

    /// Whether a definition asks for a difference when it changes, rather than for a new generation.
    public static func wantsDifference(_ definition: ViewDefinition) -> Bool {
        definition.options["on_change"] == "diff"
    }
}
