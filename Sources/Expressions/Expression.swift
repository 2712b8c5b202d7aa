public import Relational

/// A bound scalar expression: every type is decided, every cast is written out.
///
/// The binder makes it, plans compare and hash it, `Program` runs it. Evaluation order is the written one: CASE, COALESCE, AND and
/// OR stop at the first operand that decides, so an arm that is not taken raises no error.
public indirect enum Expression: Hashable, Sendable {
    /// Column `index` of the input row.
    case column(Int, ScalarType)
    /// A literal. An undecided string literal has the type `unknown`; the catalog replaces it before anything runs.
    case constant(Datum, ScalarType)
    /// A function, operator or cast of the catalog; the arguments have exactly its parameter types.
    case call(ScalarFunction, [Expression], ScalarType)
    case and([Expression])
    case or([Expression])
    case not(Expression)
    case isNull(Expression)
    /// `IS NOT DISTINCT FROM`; both sides have the same type.
    case isNotDistinct(Expression, Expression)
    /// `CASE WHEN … THEN … ELSE … END`; all results have the type given.
    case conditional([WhenClause], otherwise: Expression, ScalarType)
    case coalesce([Expression], ScalarType)

    /// One `WHEN condition THEN result`.
    public struct WhenClause: Hashable, Sendable {
        public var condition: Expression
        public var result: Expression

        public init(condition: Expression, result: Expression) {
            self.condition = condition
            self.result = result
        }
    }

    public var type: ScalarType {
        switch self {
        case .column(_, let type), .constant(_, let type), .call(_, _, let type), .conditional(_, _, let type),
            .coalesce(_, let type):
            type
        case .and, .or, .not, .isNull, .isNotDistinct: .bool
        }
    }

    /// The same expression with every column index replaced.
    public func mapColumns(_ transform: (Int) -> Int) -> Expression {
        switch self {
        case .column(let index, let type): .column(transform(index), type)
        case .constant: self
        case .call(let function, let arguments, let type):
            .call(function, arguments.map { $0.mapColumns(transform) }, type)
        case .and(let operands): .and(operands.map { $0.mapColumns(transform) })
        case .or(let operands): .or(operands.map { $0.mapColumns(transform) })
        case .not(let operand): .not(operand.mapColumns(transform))
        case .isNull(let operand): .isNull(operand.mapColumns(transform))
        case .isNotDistinct(let left, let right):
            .isNotDistinct(left.mapColumns(transform), right.mapColumns(transform))
        case .conditional(let clauses, let otherwise, let type):
            .conditional(
                clauses.map {
                    WhenClause(
                        condition: $0.condition.mapColumns(transform),
                        result: $0.result.mapColumns(transform)
                    )
                },
                otherwise: otherwise.mapColumns(transform),
                type
            )
        case .coalesce(let operands, let type): .coalesce(operands.map { $0.mapColumns(transform) }, type)
        }
    }

    /// Calls `body` with every column index that is read.
    public func forEachColumn(_ body: (Int) -> Void) {
        _ = mapColumns { index in
            body(index)
            return index
        }
    }
}
