import Expressions
import Relational

/// Filter and projection, fused: the rows for which the predicate is TRUE, each mapped to the values of expressions. No state.
///
/// A row whose evaluation fails is counted as an error row with its weight instead.
final class Transform: Operator {
    /// What runs over the rows of a piece.
    private struct Program: ~Copyable {
        var predicate: Evaluator?
        var projection: Evaluator?
    }

    private let programs: Spares<Program>
    private let isProjection: Bool

    /// At least one of both is given.
    init(
        name: String,
        input: Operator,
        predicate: Expression?,
        projection expressions: [Expression]?,
        inputTypes: [ScalarType]
    ) {
        isProjection = expressions != nil
        programs = Spares {
            var program = Program()
            if let predicate { program.predicate = Evaluator([predicate], inputTypes: inputTypes) }
            if let expressions { program.projection = Evaluator(expressions, inputTypes: inputTypes) }
            return program
        }
        super.init(name: name, inputs: [input])
    }

    override func step() throws(DataflowError) {
        isConsolidated = !isProjection && inputs[0].isConsolidated
        try withDelta { output throws(DataflowError) in try run(inputs[0].delta, into: &output) }
    }

    private func run(_ input: borrowing ZSet, into output: inout ZSet) throws(DataflowError) {
        let pieces = crew.pieces(of: input.count)
        try crew.collect(pieces, into: &output, errors: &errors) { piece, output throws(DataflowError) in
            try programs.use { program throws(DataflowError) in
                try Self.run(input, crew.places(of: piece, in: input.count), &program, into: &output)
            }
        }
    }

    private static func run(
        _ input: borrowing ZSet,
        _ places: Range<Int>,
        _ program: inout Program,
        into output: inout PieceOutput
    ) throws(DataflowError) {
        for index in places {
            let row = input.row(at: index)
            let weight = input.weight(at: index)
            do throws(EvaluationError) {
                if let isKept = try program.predicate?.isTrue(row), !isKept { continue }
                if program.projection == nil {
                    output.rows.append(row, weight: weight)
                } else {
                    try program.projection?.project(row, weight: weight, into: &output.rows)
                }
            } catch {
                try output.errors.add(error, weight: weight)
            }
        }
    }
}
