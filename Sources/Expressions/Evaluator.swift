public import Relational

/// Runs a list of expressions over packed rows: the flat program, its registers and its scratch memory. Owned by one thread.
///
/// Nothing is allocated for a row whose values stay small. `inputTypes` and every row must agree in their columns.
public struct Evaluator: ~Copyable {
    /// The types of the rows that `project` appends.
    public let columnTypes: [ScalarType]
    private let image: ProgramImage
    /// Holds the bytes of constants, which registers point to.
    private let constants: Arena
    private var arena = Arena()

    /// Compiles `expressions` over input rows of `inputTypes`.
    public init(_ expressions: [Expression], inputTypes: [ScalarType]) {
        columnTypes = expressions.map(\.type)
        let builder = ProgramBuilder(expressions, inputTypes: inputTypes)
        image = ProgramImage(builder.program)
        constants = builder.constants
    }

    deinit { image.deallocate() }

    /// Expression 0, which is boolean, as a filter: true only when it is TRUE.
    public mutating func isTrue(_ row: RowView) throws(EvaluationError) -> Bool {
        image.load(row)
        try image.run(&arena)
        return image.isFirstTrue(row, row, leftCount: .max)
    }

    /// Appends one row with the value of every expression to `output`; leaves it as it was when an error is thrown.
    ///
    /// `row` must not be a row of `output`.
    public mutating func project(_ row: RowView, weight: Int64, into output: inout ZSet) throws(EvaluationError) {
        if !image.isEmpty {
            image.load(row)
            try image.run(&arena)
        }
        image.write(row, row, leftCount: .max, weight: weight, into: &output)
    }

    /// The same as `isTrue` over the concatenation of two rows: columns of `left` first.
    public mutating func isTrue(_ left: RowView, _ right: RowView) throws(EvaluationError) -> Bool {
        let leftCount = left.columnCount
        image.load(left, right, leftCount: leftCount)
        try image.run(&arena)
        return image.isFirstTrue(left, right, leftCount: leftCount)
    }

    /// The same as `project` over the concatenation of two rows.
    public mutating func project(
        _ left: RowView,
        _ right: RowView,
        weight: Int64,
        into output: inout ZSet
    ) throws(EvaluationError) {
        let leftCount = left.columnCount
        if !image.isEmpty {
            image.load(left, right, leftCount: leftCount)
            try image.run(&arena)
        }
        image.write(left, right, leftCount: leftCount, weight: weight, into: &output)
    }
}
