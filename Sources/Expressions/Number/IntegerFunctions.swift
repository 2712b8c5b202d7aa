/// Arithmetic of smallint, integer and bigint: 64 bits, then the range of the result.
enum IntegerFunctions {
    @inline(__always)
    static func int2(_ value: Int64) throws(EvaluationError) -> Int64 {
        guard value == Int64(Int16(truncatingIfNeeded: value)) else { throw .integerOutOfRange }
        return value
    }

    @inline(__always)
    static func int4(_ value: Int64) throws(EvaluationError) -> Int64 {
        guard value == Int64(Int32(truncatingIfNeeded: value)) else { throw .integerOutOfRange }
        return value
    }

    @inline(__always)
    static func add(_ left: Int64, _ right: Int64) throws(EvaluationError) -> Int64 {
        let (value, over) = left.addingReportingOverflow(right)
        if over { throw .integerOutOfRange }
        return value
    }

    @inline(__always)
    static func subtract(_ left: Int64, _ right: Int64) throws(EvaluationError) -> Int64 {
        let (value, over) = left.subtractingReportingOverflow(right)
        if over { throw .integerOutOfRange }
        return value
    }

    @inline(__always)
    static func multiply(_ left: Int64, _ right: Int64) throws(EvaluationError) -> Int64 {
        let (value, over) = left.multipliedReportingOverflow(by: right)
        if over { throw .integerOutOfRange }
        return value
    }

    /// Truncates toward zero.
    static func divide(_ left: Int64, _ right: Int64) throws(EvaluationError) -> Int64 {
        if right == 0 { throw .divisionByZero }
        let (value, over) = left.dividedReportingOverflow(by: right)
        if over { throw .integerOutOfRange }
        return value
    }

    /// Has the sign of the dividend.
    static func modulo(_ left: Int64, _ right: Int64) throws(EvaluationError) -> Int64 {
        if right == 0 { throw .divisionByZero }
        return right == -1 ? 0 : left % right
    }
}
