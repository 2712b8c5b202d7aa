import Relational

/// A statement as its author wrote it, cut down to what views know; nothing in it is resolved.
struct StatementSyntax {
    /// Nil for a bare SELECT, which is named after its file.
    var name: String?
    var schema: String?
    var location: Int?
    var columnNames: [String] = []
    var kind = ViewKind.table
    var options: [OptionSyntax] = []
    var select: SelectSyntax
}

/// One `name = value` of `WITH (…)`.
struct OptionSyntax {
    var name: String
    /// Nil when written without a value.
    var value: String?
    var location: Int?
}

struct SelectSyntax {
    var commonTables: [CommonTableSyntax] = []
    var isDistinct = false
    var targets: [TargetSyntax] = []
    var from: [TableSyntax] = []
    var condition: ExpressionSyntax?
    var groups: [ExpressionSyntax] = []
    var hasGroupClause = false
    var having: ExpressionSyntax?
    var order: [SortSyntax] = []
    var location: Int?
}

struct CommonTableSyntax {
    var name: String
    var columnNames: [String]
    var select: SelectSyntax
    var location: Int?
}

struct TargetSyntax {
    /// The name after AS.
    var name: String?
    var value: ExpressionSyntax
    var location: Int?
}

struct SortSyntax {
    var value: ExpressionSyntax
    var isDescending: Bool
    /// Nil for the default: last when ascending, first when descending.
    var nullsFirst: Bool?
}

struct AliasSyntax {
    var name: String
    var columnNames: [String]
}

indirect enum TableSyntax {
    case relation(schema: String?, name: String, AliasSyntax?, location: Int?)
    case subquery(SelectSyntax, AliasSyntax?, location: Int?)
    case join(JoinSyntax)

    /// Where the item begins, as far as the tree tells.
    var location: Int? {
        switch self {
        case .relation(_, _, _, let location), .subquery(_, _, let location): location
        case .join(let join): join.left.location
        }
    }
}

struct JoinSyntax {
    enum Kind {
        case inner, left, right
    }

    enum Condition {
        case none
        case on(ExpressionSyntax)
        case using([String])
        case natural
    }

    var kind: Kind
    var left: TableSyntax
    var right: TableSyntax
    var condition: Condition
    var alias: AliasSyntax?
}

struct ExpressionSyntax {
    indirect enum Kind {
        /// Name parts, outermost first.
        case column([String])
        /// `*` or `qualifier.*`.
        case star(qualifier: [String])
        case literal(LiteralSyntax)
        case operation(String, left: ExpressionSyntax?, right: ExpressionSyntax)
        case and([ExpressionSyntax])
        case or([ExpressionSyntax])
        case not(ExpressionSyntax)
        case isNull(ExpressionSyntax, isNegated: Bool)
        /// `IS [NOT] value`, where nil is UNKNOWN.
        case isTruth(ExpressionSyntax, Bool?, isNegated: Bool)
        case isDistinct(ExpressionSyntax, ExpressionSyntax, isNegated: Bool)
        case between(BetweenSyntax)
        case isIn(ExpressionSyntax, [ExpressionSyntax], isNegated: Bool)
        case nullIf(ExpressionSyntax, ExpressionSyntax)
        case conditional(CaseSyntax)
        case coalesce([ExpressionSyntax])
        case extreme([ExpressionSyntax], isGreatest: Bool)
        case cast(ExpressionSyntax, TypeSyntax)
        case collate(ExpressionSyntax, String)
        case call(CallSyntax)
        /// `(SELECT …)`: one column of at most one row.
        case subquery(SelectSyntax)
    }

    var kind: Kind
    var location: Int?
}

enum LiteralSyntax: Equatable {
    case integer(Int64)
    /// A number with a point, an exponent or more digits than an integer has.
    case number(String)
    case string(String)
    case bool(Bool)
    case null
}

struct BetweenSyntax {
    var value: ExpressionSyntax
    var low: ExpressionSyntax
    var high: ExpressionSyntax
    var isNegated: Bool
    var isSymmetric: Bool
}

struct CaseSyntax {
    struct Clause {
        var condition: ExpressionSyntax
        var result: ExpressionSyntax
    }

    var operand: ExpressionSyntax?
    var clauses: [Clause]
    var otherwise: ExpressionSyntax?
}

struct CallSyntax {
    var name: String
    var arguments: [ExpressionSyntax]
    /// `count(*)`.
    var isStar: Bool
    var isDistinct = false
    var order: [SortSyntax] = []
    var filter: ExpressionSyntax?
}

struct TypeSyntax {
    /// `typname`; the grammar has already turned `int` into `int4`.
    var name: String
    var modifiers: [Int]
    var location: Int?
}
