import Expressions
import Relational

/// Binds the expressions of one clause: names to columns, operators and functions to the catalog's.
struct ExpressionBinder {
    /// A clause, by the words that an error calls it.
    enum Clause: String {
        case select = "SELECT"
        case having = "HAVING"
        case condition = "WHERE"
        case join = "JOIN conditions"
        case group = "GROUP BY"
        case aggregateArgument = "an aggregate's argument"
        case aggregateFilter = "FILTER"

        var allowsAggregates: Bool { self == .select || self == .having }
    }

    /// A column that was named: what an error about grouping points at.
    struct ColumnUse {
        var name: String
        var location: Int?
    }

    let scope: Scope
    let types: TypeResolver
    var clause: Clause
    /// Hands out identities for aggregates.
    var nextColumn: Int
    var aggregates: [LogicalAggregateCall] = []
    /// The first place in the expression at hand that read each column.
    var uses: [Int: ColumnUse] = [:]
    /// The value of each subquery that is joined to the FROM clause, by its place.
    var subqueries: [Int: Expression] = [:]
    /// Whether only aggregates may read the FROM clause's rows.
    var isGrouped = false

    init(scope: Scope, types: TypeResolver, clause: Clause, nextColumn: Int) {
        self.scope = scope
        self.types = types
        self.clause = clause
        self.nextColumn = nextColumn
    }

    /// A whole expression: bound, constants folded.
    mutating func expression(_ syntax: ExpressionSyntax) throws(Diagnostic) -> Expression {
        try bind(syntax).folded()
    }

    mutating func bind(_ syntax: ExpressionSyntax) throws(Diagnostic) -> Expression {
        let location = syntax.location
        switch syntax.kind {
        case .column(let parts): return try column(parts, at: location)
        case .star:
            throw Diagnostic(.syntaxError, "* stands only in a SELECT list or in count(*)", at: location)
        case .literal(let literal): return try bind(literal, at: location)
        case .operation(let name, let left, let right):
            var operands: [Expression] = []
            if let left { operands.append(try bind(left)) }
            operands.append(try bind(right))
            return try resolving(at: location) { () throws(ResolutionError) in
                try Catalog.call(operator: name, operands)
            }
        case .and(let operands): return .and(try bindConditions(operands, of: "AND"))
        case .or(let operands): return .or(try bindConditions(operands, of: "OR"))
        case .not(let operand): return .not(try bindCondition(operand, of: "NOT"))
        case .isNull(let operand, let isNegated):
            let test = Expression.isNull(try decided(try bind(operand), at: location))
            return isNegated ? .not(test) : test
        case .isTruth(let operand, let value, let isNegated): return try truth(operand, value, isNegated)
        case .isDistinct(let left, let right, let isNegated):
            let (one, other) = (try bind(left), try bind(right))
            let same = try resolving(at: location) { () throws(ResolutionError) in
                try Catalog.isNotDistinct(one, other)
            }
            return isNegated ? same : .not(same)
        case .between(let between): return try bind(between, at: location)
        case .isIn(let value, let list, let isNegated):
            let bound = try bind(value)
            let items = try bindAll(list)
            let test = try resolving(at: location) { () throws(ResolutionError) in try Catalog.isIn(bound, items) }
            return isNegated ? .not(test) : test
        case .nullIf(let left, let right):
            let (one, other) = (try bind(left), try bind(right))
            return try resolving(at: location) { () throws(ResolutionError) in try Catalog.nullIf(one, other) }
        case .conditional(let conditional): return try bind(conditional, at: location)
        case .coalesce(let operands):
            let bound = try bindAll(operands)
            let (converted, type) = try resolving(at: location) { () throws(ResolutionError) in
                try Catalog.unify(bound, for: "COALESCE")
            }
            return .coalesce(converted, type)
        case .extreme(let operands, let isGreatest):
            let bound = try bindAll(operands)
            return try resolving(at: location) { () throws(ResolutionError) in
                try Catalog.extreme(bound, isGreatest: isGreatest)
            }
        case .cast(let operand, let type):
            let (bound, target) = (try bind(operand), try types.type(type))
            let value = try resolving(at: location) { () throws(ResolutionError) in
                try Catalog.cast(bound, to: target, .explicit)
            }
            // A cast without a modifier takes away the one that the operand has.
            guard target.typmod < 0, value.type.typmod >= 0 else { return value }
            return .call(
                .relabel,
                [value],
                ScalarType(oid: target.oid, name: target.name, collation: value.type.collation)
            )
        case .collate(let operand, let name):
            let bound = try bind(operand)
            let collation = try self.collation(name, at: location)
            return try resolving(at: location) { () throws(ResolutionError) in try Catalog.collate(bound, collation) }
        case .call(let call): return try bind(call, at: location)
        case .subquery:
            let isReadable = !isGrouped || clause == .aggregateArgument || clause == .aggregateFilter
            guard let location, isReadable, let value = subqueries[location] else {
                throw RefusedConstruct.subqueryExpressions.diagnostic(at: location)
            }
            return value
        }
    }

    private mutating func bindAll(_ list: [ExpressionSyntax]) throws(Diagnostic) -> [Expression] {
        var result: [Expression] = []
        for item in list { result.append(try bind(item)) }
        return result
    }

    // MARK: Columns and literals

    private mutating func column(_ parts: [String], at location: Int?) throws(Diagnostic) -> Expression {
        let column = try scope.column(parts, at: location)
        column.value.forEachColumn { index in
            if uses[index] == nil { uses[index] = ColumnUse(name: column.displayName, location: location) }
        }
        return column.value
    }

    private func bind(_ literal: LiteralSyntax, at location: Int?) throws(Diagnostic) -> Expression {
        switch literal {
        case .null: return .constant(.null, .unknown)
        case .bool(let value): return .constant(.bool(value), .bool)
        case .string(let text): return .constant(.text(text), .unknown)
        case .integer(let value):
            return .constant(.int(value), Int32(exactly: value) == nil ? .int8 : .int4)
        case .number(let text):
            if let value = Int64(text) { return .constant(.int(value), Int32(exactly: value) == nil ? .int8 : .int4) }
            return try resolving(at: location) { () throws(ResolutionError) in
                try Catalog.cast(.constant(.text(text), .unknown), to: .numeric, .implicit)
            }
        }
    }

    /// A literal whose type nothing decides is text.
    func decided(_ expression: Expression, at location: Int?) throws(Diagnostic) -> Expression {
        guard expression.type.oid == .unknown else { return expression }
        return try resolving(at: location) { () throws(ResolutionError) in
            try Catalog.cast(expression, to: .text, .implicit)
        }
    }

    private func collation(_ name: String, at location: Int?) throws(Diagnostic) -> Collation {
        guard ["C", "POSIX", "C.UTF-8", "C.utf8", "ucs_basic"].contains(name) else {
            throw Diagnostic(
                .notSupported,
                "collation \"\(name)\" is not supported",
                detail: "Its order depends on a library's version.",
                hint: "use COLLATE \"C\"",
                at: location
            )
        }
        return Collation(name: name, isByteOrder: true)
    }

    // MARK: Conditions

    /// A whole condition: bound, constants folded.
    mutating func condition(_ syntax: ExpressionSyntax, of construct: String) throws(Diagnostic) -> Expression {
        try bindCondition(syntax, of: construct).folded()
    }

    /// The conjuncts of a whole condition, each folded by itself: a FALSE beside an equality does not hide it from a join.
    mutating func conjuncts(in syntax: ExpressionSyntax, of construct: String) throws(Diagnostic) -> [Expression] {
        Expression.and(try bindCondition(syntax, of: construct).conjuncts.map { $0.folded() }).conjuncts
    }

    /// A condition of WHERE, ON, HAVING, FILTER, WHEN, AND, OR or NOT: boolean, or a literal that becomes one.
    mutating func bindCondition(_ syntax: ExpressionSyntax, of construct: String) throws(Diagnostic) -> Expression {
        let bound = try bind(syntax)
        if bound.type.oid == .unknown {
            return try resolving(at: syntax.location) { () throws(ResolutionError) in
                try Catalog.cast(bound, to: .bool, .implicit)
            }
        }
        guard bound.type.oid == .bool else {
            throw Diagnostic(
                .datatypeMismatch,
                "argument of \(construct) must be type boolean, not type \(bound.type.name)",
                at: syntax.location
            )
        }
        return bound
    }

    private mutating func bindConditions(
        _ list: [ExpressionSyntax],
        of construct: String
    ) throws(Diagnostic) -> [Expression] {
        var result: [Expression] = []
        for item in list { result.append(try bindCondition(item, of: construct)) }
        return result
    }

    /// `x IS TRUE` is `COALESCE(x, FALSE)`, `x IS FALSE` is `NOT COALESCE(x, TRUE)`.
    private mutating func truth(
        _ operand: ExpressionSyntax,
        _ value: Bool?,
        _ isNegated: Bool
    ) throws(Diagnostic) -> Expression {
        let word = value.map { $0 ? "TRUE" : "FALSE" } ?? "UNKNOWN"
        let bound = try bindCondition(operand, of: "IS \(isNegated ? "NOT " : "")\(word)")
        guard let value else { return isNegated ? .not(.isNull(bound)) : .isNull(bound) }
        let known = Expression.coalesce([bound, .constant(.bool(!value), .bool)], .bool)
        return value != isNegated ? known : .not(known)
    }

    private mutating func bind(_ between: BetweenSyntax, at location: Int?) throws(Diagnostic) -> Expression {
        let value = try bind(between.value)
        let low = try bind(between.low)
        let high = try bind(between.high)
        let test = try resolving(at: location) { () throws(ResolutionError) -> Expression in
            let inside = Expression.and([
                try Catalog.call(operator: ">=", [value, low]), try Catalog.call(operator: "<=", [value, high]),
            ])
            guard between.isSymmetric else { return inside }
            return .or([
                inside,
                .and([
                    try Catalog.call(operator: ">=", [value, high]), try Catalog.call(operator: "<=", [value, low]),
                ]),
            ])
        }
        return between.isNegated ? .not(test) : test
    }

    private mutating func bind(_ conditional: CaseSyntax, at location: Int?) throws(Diagnostic) -> Expression {
        let operand = try conditional.operand.map { (syntax) throws(Diagnostic) in
            try decided(try bind(syntax), at: syntax.location)
        }
        var conditions: [Expression] = []
        var results: [Expression] = [
            try conditional.otherwise.map { (syntax) throws(Diagnostic) in try bind(syntax) }
                ?? .constant(.null, .unknown)
        ]
        for clause in conditional.clauses {
            if let operand {
                let value = try bind(clause.condition)
                conditions.append(
                    try resolving(at: clause.condition.location) { () throws(ResolutionError) in
                        try Catalog.call(operator: "=", [operand, value])
                    }
                )
            } else {
                conditions.append(try bindCondition(clause.condition, of: "CASE/WHEN"))
            }
            results.append(try bind(clause.result))
        }
        let bound = results
        let (converted, type) = try resolving(at: location) { () throws(ResolutionError) in
            try Catalog.unify(bound, for: "CASE")
        }
        let clauses = conditions.indices.map {
            Expression.WhenClause(condition: conditions[$0], result: converted[$0 + 1])
        }
        return .conditional(clauses, otherwise: converted[0], type)
    }
}
