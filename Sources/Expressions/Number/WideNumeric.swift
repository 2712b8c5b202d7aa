import Relational

/// Numerics of any size, through `Relational.Numeric`: the seldom path.
enum WideNumeric {
    typealias Bytes = UnsafeRawBufferPointer

    static func value(_ bytes: Bytes) -> Numeric {
        if let small = SmallNumeric(bytes) { return .small(coefficient: small.coefficient, scale: small.scale) }
        // Registers hold images of rows, constants or results, all made by us or checked on their way in.
        return Numeric(image: bytes) ?? .nan
    }

    static func store(_ value: Numeric, _ arena: inout Arena) -> Bytes {
        if case .small(let coefficient, let scale) = value {
            return SmallNumeric.store(coefficient, scale: scale, &arena)
        }
        return arena.image(of: value)
    }

    static func compare(_ left: Bytes, _ right: Bytes) -> Int { value(left).compare(value(right)) }

    /// `operation` over one value.
    static func apply(
        _ operand: Bytes,
        _ arena: inout Arena,
        _ operation: (Numeric) throws(NumericError) -> Numeric
    ) throws(EvaluationError) -> Bytes {
        do throws(NumericError) {
            return store(try operation(value(operand)), &arena)
        } catch {
            throw EvaluationError(error)
        }
    }

    /// `operation` over two values.
    static func apply(
        _ left: Bytes,
        _ right: Bytes,
        _ arena: inout Arena,
        _ operation: (Numeric, Numeric) throws(NumericError) -> Numeric
    ) throws(EvaluationError) -> Bytes {
        do throws(NumericError) {
            return store(try operation(value(left), value(right)), &arena)
        } catch {
            throw EvaluationError(error)
        }
    }
}
