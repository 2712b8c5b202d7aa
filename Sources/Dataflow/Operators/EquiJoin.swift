import Expressions
import Relational

/// What the equi-joins have in common: two sides arranged by the key, and the two terms of the delta.
class EquiJoin: Operator {
    final let left: Arrange
    final let right: Arrange
    /// A row of ΔL with a row held on the right.
    final var ofLeftDelta: JoinEmitter
    /// A row held on the left with a row of ΔR.
    final var ofRightDelta: JoinEmitter

    init(
        name: String,
        left: Arrange,
        leftTypes: [ScalarType],
        right: Arrange,
        rightTypes: [ScalarType],
        residual: Expression?,
        output: [Int]
    ) {
        self.left = left
        self.right = right
        ofLeftDelta = JoinEmitter(
            output,
            residual: residual,
            left: JoinSide(deltaOf: left, types: leftTypes),
            right: JoinSide(heldBy: right)
        )
        ofRightDelta = JoinEmitter(
            output,
            residual: residual,
            left: JoinSide(heldBy: left),
            right: JoinSide(deltaOf: right, types: rightTypes)
        )
        super.init(name: name, inputs: [left, right])
    }
}
