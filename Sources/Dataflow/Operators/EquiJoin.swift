import Expressions
import Relational

/// What the equi-joins have in common: two sides arranged by the key, and the two terms of the delta.
class EquiJoin: Operator {
    final let left: Arrange
    final let right: Arrange
    /// A row of ΔL with a row held on the right.
    final let ofLeftDelta: Spares<JoinEmitter>
    /// A row held on the left with a row of ΔR.
    final let ofRightDelta: Spares<JoinEmitter>

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
        let (leftDelta, leftHeld) = (JoinSide(deltaOf: left, types: leftTypes), JoinSide(heldBy: left))
        let (rightDelta, rightHeld) = (JoinSide(deltaOf: right, types: rightTypes), JoinSide(heldBy: right))
        ofLeftDelta = Spares { JoinEmitter(output, residual: residual, left: leftDelta, right: rightHeld) }
        ofRightDelta = Spares { JoinEmitter(output, residual: residual, left: leftHeld, right: rightDelta) }
        super.init(name: name, inputs: [left, right])
    }
}
