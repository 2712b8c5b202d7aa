import Relational

/// Arithmetic of packed numerics: in Int128 when arguments and result fit, else through `Relational.Numeric`.
///
/// Display scales are Postgres's: the larger one for sums, the sum for products, `select_div_scale` for quotients.
enum NumericFunctions {
    typealias Bytes = UnsafeRawBufferPointer

    // MARK: Sums and products

    @inline(__always)
    static func add(_ left: Bytes, _ right: Bytes, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        if let a = SmallNumeric(left), let b = SmallNumeric(right), let sum = add(a, b.coefficient, b.scale) {
            return sum.store(&arena)
        }
        return try WideNumeric.apply(left, right, &arena) { (a, b) throws(NumericError) in try a.adding(b) }
    }

    @inline(__always)
    static func subtract(_ left: Bytes, _ right: Bytes, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        if let a = SmallNumeric(left), let b = SmallNumeric(right),
            let difference = add(a, 0 &- b.coefficient, b.scale)
        {
            return difference.store(&arena)
        }
        return try WideNumeric.apply(left, right, &arena) { (a, b) throws(NumericError) in try a.subtracting(b) }
    }

    @inline(__always)
    private static func add(_ a: SmallNumeric, _ coefficient: Int128, _ scale: Int) -> SmallNumeric? {
        if a.scale == scale {
            let (sum, over) = a.coefficient.addingReportingOverflow(coefficient)
            return over ? nil : SmallNumeric(coefficient: sum, scale: scale)
        }
        return addAligned(a, SmallNumeric(coefficient: coefficient, scale: scale))
    }

    private static func addAligned(_ a: SmallNumeric, _ b: SmallNumeric) -> SmallNumeric? {
        let scale = max(a.scale, b.scale)
        guard let x = a.coefficient(atScale: scale), let y = b.coefficient(atScale: scale) else { return nil }
        let (sum, over) = x.addingReportingOverflow(y)
        return over ? nil : SmallNumeric(coefficient: sum, scale: scale)
    }

    @inline(__always)
    static func multiply(_ left: Bytes, _ right: Bytes, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        if let a = SmallNumeric(left), let b = SmallNumeric(right), let product = multiply(a, b) {
            return product.store(&arena)
        }
        return try WideNumeric.apply(left, right, &arena) { (a, b) throws(NumericError) in try a.multiplied(by: b) }
    }

    @inline(__always)
    private static func multiply(_ a: SmallNumeric, _ b: SmallNumeric) -> SmallNumeric? {
        let scale = a.scale &+ b.scale
        guard scale <= Numeric.scaleMax else { return nil }
        let (x, y) = (Int64(truncatingIfNeeded: a.coefficient), Int64(truncatingIfNeeded: b.coefficient))
        if Int128(x) == a.coefficient, Int128(y) == b.coefficient {
            let (high, low) = x.multipliedFullWidth(by: y)
            let product = Int128(truncatingIfNeeded: high) &<< 64 | Int128(truncatingIfNeeded: low)
            return SmallNumeric(coefficient: product, scale: scale)
        }
        let (product, over) = a.coefficient.multipliedReportingOverflow(by: b.coefficient)
        return over ? nil : SmallNumeric(coefficient: product, scale: scale)
    }

    static func divide(_ left: Bytes, _ right: Bytes, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        try WideNumeric.apply(left, right, &arena) { (a, b) throws(NumericError) in try a.divided(by: b) }
    }

    static func modulo(_ left: Bytes, _ right: Bytes, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        try WideNumeric.apply(left, right, &arena) { (a, b) throws(NumericError) in try a.remainder(dividingBy: b) }
    }

    // MARK: Order

    /// Below, equal or above zero.
    @inline(__always)
    static func compare(_ left: Bytes, _ right: Bytes) -> Int {
        if let a = SmallNumeric(left), let b = SmallNumeric(right) {
            if a.scale == b.scale {
                return a.coefficient == b.coefficient ? 0 : a.coefficient < b.coefficient ? -1 : 1
            }
            let scale = max(a.scale, b.scale)
            if let x = a.coefficient(atScale: scale), let y = b.coefficient(atScale: scale) {
                return x == y ? 0 : x < y ? -1 : 1
            }
        }
        return WideNumeric.compare(left, right)
    }

    // MARK: One argument

    static func negate(_ value: Bytes, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        try WideNumeric.apply(value, &arena) { (value) throws(NumericError) in value.negated() }
    }

    static func absolute(_ value: Bytes, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        try WideNumeric.apply(value, &arena) { (value) throws(NumericError) in value.absolute() }
    }

    static func sign(_ value: Bytes, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        try WideNumeric.apply(value, &arena) { (value) throws(NumericError) in value.sign() }
    }

    static func floor(_ value: Bytes, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        try WideNumeric.apply(value, &arena) { (value) throws(NumericError) in try value.floor() }
    }

    static func ceiling(_ value: Bytes, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        try WideNumeric.apply(value, &arena) { (value) throws(NumericError) in try value.ceiling() }
    }

    /// `round(value, digits)`: halves away from zero; `digits` may be negative.
    static func round(_ value: Bytes, _ digits: Int64, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        try WideNumeric.apply(value, &arena) { (value) throws(NumericError) in try value.rounded(toScale: Int(digits)) }
    }

    /// `trunc(value, digits)`: toward zero; `digits` may be negative.
    static func truncate(_ value: Bytes, _ digits: Int64, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        try WideNumeric.apply(value, &arena) { (value) throws(NumericError) in try value.truncated(toScale: Int(digits))
        }
    }

    /// Rounds to a `numeric(precision, scale)` and checks that the whole part fits.
    static func applyTypmod(_ value: Bytes, _ typmod: Int64, _ arena: inout Arena) throws(EvaluationError) -> Bytes {
        try WideNumeric.apply(value, &arena) { (value) throws(NumericError) in
            try value.applying(typmod: Int32(truncatingIfNeeded: typmod))
        }
    }

    static func store(_ value: Numeric, _ arena: inout Arena) -> Bytes { WideNumeric.store(value, &arena) }
}
