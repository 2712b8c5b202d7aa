import Expressions

/// The groups of a SELECT: says what an expression above them may read.
struct Grouping {
    /// The identity of each group expression.
    private(set) var identities: [Expression: Int]
    /// Identities of the group columns, in written order; columns that a grouped primary key decides join them when they are used.
    private(set) var columns: [Int]
    /// Columns of tables whose whole primary key is grouped by.
    private let dependent: Set<Int>

    init(identities: [Expression: Int], columns: [Int], dependent: Set<Int>) {
        self.identities = identities
        self.columns = columns
        self.dependent = dependent
    }

    /// The expression over group columns and aggregates.
    ///
    /// - Throws: Postgres's grouping error, at the first use of a column that is neither.
    mutating func rewrite(
        _ expression: Expression,
        _ uses: [Int: ExpressionBinder.ColumnUse],
        _ aggregates: [LogicalAggregateCall]
    ) throws(Diagnostic) -> Expression {
        if let id = identities[expression] { return .column(id, expression.type) }
        if case .column(let index, _) = expression {
            if aggregates.contains(where: { $0.id == index }) { return expression }
            if dependent.contains(index) {
                identities[expression] = index
                columns.append(index)
                return expression
            }
            let use = uses[index]
            throw Diagnostic(
                .groupingError,
                "column \"\(use?.name ?? "?")\" must appear in the GROUP BY clause or be used in an aggregate function",
                at: use?.location
            )
        }
        var grouping = self
        let result = try expression.replacingOperands { (operand) throws(Diagnostic) in
            try grouping.rewrite(operand, uses, aggregates)
        }
        self = grouping
        return result
    }
}
