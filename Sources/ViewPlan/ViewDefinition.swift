public import Relational

/// A compiled view: what its readers see, and the plan that computes it.
public struct ViewDefinition: Hashable, Sendable {
    public var name: String
    /// The statement as its file has it.
    public var sql: String
    /// What it is to its readers.
    public var kind: ViewKind
    /// The options of `WITH (…)`, lower-case names.
    public var options: [String: String]
    public var columns: [ViewColumn]
    /// Indexes into `columns` that identify a row, inferred or declared; nil for a bag.
    public var key: [Int]?
    /// Whether the plan proves that `key` identifies a row; a declared key may be a promise that only the rows can break.
    public var isKeyProven: Bool
    /// The order to serve rows in, from the view's ORDER BY; empty for none. It does not change the rows.
    public var ordering: [ViewOrdering]
    public var root: PlanNode
    /// Names of the views it reads.
    public var dependencies: [String]

    public init(
        name: String,
        sql: String,
        kind: ViewKind = .table,
        options: [String: String],
        columns: [ViewColumn],
        key: [Int]?,
        isKeyProven: Bool = true,
        ordering: [ViewOrdering] = [],
        root: PlanNode,
        dependencies: [String]
    ) {
        self.name = name
        self.sql = sql
        self.kind = kind
        self.options = options
        self.columns = columns
        self.key = key
        self.isKeyProven = isKeyProven
        self.ordering = ordering
        self.root = root
        self.dependencies = dependencies
    }
}

/// One column of a view.
public struct ViewColumn: Hashable, Sendable {
    public var name: String
    public var type: ScalarType
    public var isNotNull: Bool

    public init(name: String, type: ScalarType, isNotNull: Bool) {
        self.name = name
        self.type = type
        self.isNotNull = isNotNull
    }
}

/// One column of a view's ORDER BY.
public struct ViewOrdering: Hashable, Sendable {
    /// Index into the view's columns.
    public var column: Int
    public var isDescending: Bool
    public var nullsFirst: Bool

    public init(column: Int, isDescending: Bool, nullsFirst: Bool) {
        self.column = column
        self.isDescending = isDescending
        self.nullsFirst = nullsFirst
    }
}
