public import Expressions
public import Relational

/// A node of a physical plan, as a plain value: equal nodes are one operator in the circuit, whichever views they come from.
///
/// A view that reads a view has that view's root in its place.
public indirect enum PlanNode: Hashable, Sendable {
    case scan(TableScan)
    case filter(Filter)
    case project(Projection)
    case join(Join)
    case aggregate(Aggregate)

    /// The columns of the node's rows.
    public var columns: [PlanColumn] {
        switch self {
        case .scan(let scan): scan.columns.map { PlanColumn(type: $0.type, isNotNull: $0.isNotNull) }
        case .filter(let filter): filter.input.columns
        case .project(let projection): projection.columns
        case .join(let join): join.columns
        case .aggregate(let aggregate): aggregate.columns
        }
    }

    /// The nodes whose rows it takes.
    public var inputs: [PlanNode] {
        switch self {
        case .scan: []
        case .filter(let filter): [filter.input]
        case .project(let projection): [projection.input]
        case .join(let join): [join.left, join.right]
        case .aggregate(let aggregate): [aggregate.input]
        }
    }

    /// The tables that it reads, itself or through its inputs.
    public var relations: Set<RelationID> {
        if case .scan(let scan) = self { return [scan.relationID] }
        return inputs.reduce(into: []) { $0.formUnion($1.relations) }
    }
}

/// What is known of one column of a node's rows.
public struct PlanColumn: Hashable, Sendable {
    public var type: ScalarType
    public var isNotNull: Bool

    public init(type: ScalarType, isNotNull: Bool) {
        self.type = type
        self.isNotNull = isNotNull
    }
}

/// The rows of a base table, with the columns that the plan reads.
public struct TableScan: Hashable, Sendable {
    public var relation: UInt32
    public var name: QualifiedName
    /// The columns read, by attribute number; ascending attribute numbers.
    public var columns: [Column]

    public init(relation: RelationID, name: QualifiedName, columns: [Column]) {
        self.relation = relation.rawValue
        self.name = name
        self.columns = columns
    }

    public var relationID: RelationID { RelationID(relation) }
}

/// The input's rows for which the predicate is TRUE.
public struct Filter: Hashable, Sendable {
    public var input: PlanNode
    public var predicate: Expression

    public init(input: PlanNode, predicate: Expression) {
        self.input = input
        self.predicate = predicate
    }
}

/// One row of expression values for every input row.
public struct Projection: Hashable, Sendable {
    public var input: PlanNode
    public var expressions: [Expression]
    public var columns: [PlanColumn]

    public init(input: PlanNode, expressions: [Expression], columns: [PlanColumn]) {
        self.input = input
        self.expressions = expressions
        self.columns = columns
    }
}

/// An equi-join; rows are the left columns, then the right ones, cut down to `output`.
public struct Join: Hashable, Sendable {
    /// Which rows are kept without a match.
    public enum Kind: String, Hashable, Sendable {
        case inner
        /// Left rows without a match appear once with NULLs on the right.
        case left
    }

    public var kind: Kind
    public var left: PlanNode
    public var right: PlanNode
    /// Columns that must be equal, pairwise and of the same type; a NULL is equal to nothing. Never empty.
    public var leftKey: [Int]
    public var rightKey: [Int]
    /// A further condition of the match over left columns, then right ones.
    public var residual: Expression?
    /// Indexes into left columns, then right ones.
    public var output: [Int]
    public var columns: [PlanColumn]
    /// Whether `leftKey` (`rightKey`) is known to hold at most one row a value.
    public var leftKeyIsUnique: Bool
    public var rightKeyIsUnique: Bool

    public init(
        kind: Kind,
        left: PlanNode,
        right: PlanNode,
        leftKey: [Int],
        rightKey: [Int],
        residual: Expression?,
        output: [Int],
        columns: [PlanColumn],
        leftKeyIsUnique: Bool = false,
        rightKeyIsUnique: Bool = false
    ) {
        self.kind = kind
        self.left = left
        self.right = right
        self.leftKey = leftKey
        self.rightKey = rightKey
        self.residual = residual
        self.output = output
        self.columns = columns
        self.leftKeyIsUnique = leftKeyIsUnique
        self.rightKeyIsUnique = rightKeyIsUnique
    }
}

/// One row a group: the group columns, then one column for each aggregate. Without group columns there is always exactly one row.
public struct Aggregate: Hashable, Sendable {
    public var input: PlanNode
    /// Indexes into the input's columns.
    public var groupColumns: [Int]
    public var calls: [AggregateCall]
    public var columns: [PlanColumn]

    public init(input: PlanNode, groupColumns: [Int], calls: [AggregateCall], columns: [PlanColumn]) {
        self.input = input
        self.groupColumns = groupColumns
        self.calls = calls
        self.columns = columns
    }
}
