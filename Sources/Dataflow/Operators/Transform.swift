import Expressions
import Relational

/// Filter and projection, fused: the rows for which the predicate is TRUE, each mapped to the values of expressions. No state.
///
/// A row whose evaluation fails is counted as an error row with its weight instead.
final class Transform: Operator {
    private var predicate: Evaluator?
    private var projection: Evaluator?

    /// At least one of both is given.
    init(
        name: String,
        input: Operator,
        predicate: Expression?,
        projection expressions: [Expression]?,
        inputTypes: [ScalarType]
    ) {
        if let predicate { self.predicate = Evaluator([predicate], inputTypes: inputTypes) }
        if let expressions { projection = Evaluator(expressions, inputTypes: inputTypes) }
        super.init(name: name, inputs: [input])
    }

    override func step() throws(DataflowError) {
        let input = inputs[0]
        isConsolidated = projection == nil && input.isConsolidated
        var predicate = predicate.take()
        var projection = projection.take()
        defer {
            self.predicate = predicate.take()
            self.projection = projection.take()
        }
        try withDelta { output throws(DataflowError) in
            try run(input.delta, &predicate, &projection, into: &output)
        }
    }

    private func run(
        _ input: borrowing ZSet,
        _ predicate: inout Evaluator?,
        _ projection: inout Evaluator?,
        into output: inout ZSet
    ) throws(DataflowError) {
        for index in 0..<input.count {
            let row = input.row(at: index)
            let weight = input.weight(at: index)
            do throws(EvaluationError) {
                if let isKept = try predicate?.isTrue(row), !isKept { continue }
                if projection == nil {
                    output.append(row, weight: weight)
                } else {
                    try projection?.project(row, weight: weight, into: &output)
                }
            } catch {
                try errors.add(error, weight: weight)
            }
        }
    }
}
