import Relational

/// Numerics to and from integers and floats.
enum NumericConversion {
    /// The nearest bigint, halves away from zero.
    static func int(_ value: UnsafeRawBufferPointer) throws(EvaluationError) -> Int64 {
        do throws(NumericError) {
            return try WideNumeric.value(value).int64()
        } catch {
            throw EvaluationError(error)
        }
    }

    static func float(_ value: UnsafeRawBufferPointer, isReal: Bool) throws(EvaluationError) -> Double {
        do throws(NumericError) {
            let value = WideNumeric.value(value)
            return isReal ? Double(try value.float()) : try value.double()
        } catch {
            throw EvaluationError(error)
        }
    }
}
