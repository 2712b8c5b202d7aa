import Relational
public import ViewPlan
public import ViewStores

/// What a view is to its store: the table, and the version that says whether rows there are still of this definition.
public enum ViewVersion {
    /// Grows when the engine computes other rows from the same plan, so that every view is built again.
    public static let semantics = 1

    /// A fingerprint of everything that decides the rows: plan, columns, key. White space and comments do not count.
    public static func fingerprint(_ definition: ViewDefinition) -> String {
        var text = "\(semantics)|\(definition.options["index"] ?? "")|"
        if definition.kind != .table { text += "\(definition.kind)|" }
        for (name, value) in kindOptions(of: definition).sorted(by: { $0.key < $1.key }) { text += "\(name)=\(value)|" }
        // Every stored property of every node: what a description leaves out counts too.
        dump(definition.root, to: &text)
        dump(definition.columns, to: &text)
        dump(definition.key, to: &text)
        return Fingerprint.of(text)
    }

    /// The table of a view as its store keeps it.
    public static func table(of definition: ViewDefinition) -> ViewTable {
        ViewTable(
            name: definition.name,
            columns: definition.columns.map { StoreColumn(name: $0.name, type: $0.type, isNotNull: $0.isNotNull) },
            key: definition.key,
            version: fingerprint(definition),
            indexes: indexes(of: definition),
            kind: definition.kind,
            options: kindOptions(of: definition)
        )
    }

    /// The store that a definition names; `main` when it names none.
    public static func store(of definition: ViewDefinition) -> String { definition.options["store"] ?? "main" }

    /// The options that only one kind of view has.
    private static func kindOptions(of definition: ViewDefinition) -> [String: String] {
        definition.options.filter { ["columns", "format", "language", "ttl"].contains($0.key) }
    }

    /// What stands between the parentheses of each CREATE INDEX; the option parts them by semicolons.
    private static func indexes(of definition: ViewDefinition) -> [String] {
        (definition.options["index"] ?? "").split(separator: ";").compactMap { part in
            let words = part.drop { $0.isWhitespace }
            return words.isEmpty ? nil : String(words)
        }
    }
}
