/// Arithmetic of real and double precision; a `real` is widened in its slot.
enum FloatFunctions {
    enum Operation { case add, subtract, multiply, divide }

    @inline(__always)
    static func add(_ left: Double, _ right: Double) throws(EvaluationError) -> Double {
        let value = left + right
        if value.isInfinite, !left.isInfinite, !right.isInfinite { throw .floatOverflow }
        return value
    }

    @inline(__always)
    static func subtract(_ left: Double, _ right: Double) throws(EvaluationError) -> Double {
        let value = left - right
        if value.isInfinite, !left.isInfinite, !right.isInfinite { throw .floatOverflow }
        return value
    }

    @inline(__always)
    static func multiply(_ left: Double, _ right: Double) throws(EvaluationError) -> Double {
        let value = left * right
        if value.isInfinite, !left.isInfinite, !right.isInfinite { throw .floatOverflow }
        if value == 0, left != 0, right != 0 { throw .floatUnderflow }
        return value
    }

    static func divide(_ left: Double, _ right: Double) throws(EvaluationError) -> Double {
        if right == 0, !left.isNaN { throw .divisionByZero }
        let value = left / right
        if value.isInfinite, !left.isInfinite { throw .floatOverflow }
        if value == 0, left != 0, !right.isInfinite { throw .floatUnderflow }
        return value
    }

    /// The operation in single precision.
    static func real(_ operation: Operation, _ left: Double, _ right: Double) throws(EvaluationError) -> Double {
        let (a, b) = (Float(left), Float(right))
        let value: Float
        switch operation {
        case .add: value = a + b
        case .subtract: value = a - b
        case .multiply: value = a * b
        case .divide:
            if b == 0, !a.isNaN { throw .divisionByZero }
            value = a / b
        }
        if value.isInfinite, !a.isInfinite, operation == .divide || !b.isInfinite { throw .floatOverflow }
        if value == 0, a != 0 {
            if operation == .multiply, b != 0 { throw .floatUnderflow }
            if operation == .divide, !b.isInfinite { throw .floatUnderflow }
        }
        return Double(value)
    }

    /// `double precision` to `real`.
    static func real(_ value: Double) throws(EvaluationError) -> Double {
        let narrowed = Float(value)
        if narrowed.isInfinite, !value.isInfinite { throw .floatOverflow }
        if narrowed == 0, value != 0 { throw .floatUnderflow }
        return Double(narrowed)
    }

    /// Below, equal or above zero. NaN equals itself and is greater than every number; −0 equals 0.
    @inline(__always)
    static func compare(_ left: Double, _ right: Double) -> Int {
        if left < right { return -1 }
        if left > right { return 1 }
        if left == right { return 0 }
        return left.isNaN ? (right.isNaN ? 0 : 1) : -1
    }

    /// The nearest integer, halves to even, within the signed range of `bits`.
    static func int(_ value: Double, bits: Int) throws(EvaluationError) -> Int64 {
        let rounded = value.rounded(.toNearestOrEven)
        let limit = bits == 16 ? 0x1p15 : bits == 32 ? 0x1p31 : 0x1p63
        guard rounded >= -limit, rounded < limit else { throw .integerOutOfRange }
        return Int64(rounded)
    }
}
