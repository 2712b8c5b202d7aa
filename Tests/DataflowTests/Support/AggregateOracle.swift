import BigInt
import Expressions
import Relational
import ViewPlan

/// The result of an aggregate over the rows of a group, from scratch.
enum AggregateOracle {
    static func result(
        _ call: AggregateCall,
        _ members: [(row: PlainRow, weight: Int64)],
        _ types: [ScalarType]
    ) throws(EvaluationError) -> Datum {
        let kept = members.filter { member in call.filter.map { member.row[$0] == .bool(true) } ?? true }
        if call.function.isList { return ListOracle(call, types).result(kept) }
        guard let argument = call.argument else { return .int(kept.reduce(0) { $0 + $1.weight }) }
        let values = kept.map { (value: $0.row[argument], weight: $0.weight) }.filter { !$0.value.isNull }
        let count = values.reduce(Int64(0)) { $0 + $1.weight }
        if call.function == .count { return .int(count) }
        if values.isEmpty { return .null }
        switch (call.function, types[argument].encoding) {
        case (.min, let encoding): return extreme(values.map(\.value), encoding) { PlainValues.isLess($0, $1) }
        case (.max, let encoding): return extreme(values.map(\.value), encoding) { PlainValues.isLess($1, $0) }
        case (_, .float4), (_, .float8): return try floats(call, values, count)
        case (_, .numeric): return numerics(call, values.map { ($0.value, $0.weight) }, count)
        default:
            let sum = values.reduce(BigInt()) { sum, next in
                guard case .int(let value) = next.value else { return sum }
                return sum + BigInt(value) * BigInt(next.weight)
            }
            if call.function == .avg { return .numeric(quotient(sum, 0, count)) }
            if call.resultType.encoding == .numeric { return .numeric(PlainNumeric.make(sum, 0)) }
            guard let value = Int64(exactly: sum) else { throw .integerOutOfRange }
            return .int(value)
        }
    }

    /// Of equal values the one with the smallest image.
    private static func extreme(_ values: [Datum], _ encoding: Encoding, _ precedes: (Datum, Datum) -> Bool) -> Datum {
        let image = { (value: Datum) -> [UInt8] in
            let packed = PlainRows.packed([value])
            guard encoding.isFixed else { return Array(packed[16...]) }
            return Array(packed[8..<16])
        }
        return values.min { left, right in
            if precedes(left, right) { return true }
            if precedes(right, left) { return false }
            return image(left).lexicographicallyPrecedes(image(right))
        } ?? .null
    }

    // MARK: numeric

    private static func numerics(
        _ call: AggregateCall,
        _ values: [(Datum, Int64)],
        _ count: Int64
    ) -> Datum {
        let numbers = values.compactMap { value, weight -> (Numeric, Int64)? in
            guard case .numeric(let numeric) = value else { return nil }
            return (numeric, weight)
        }
        let all = numbers.map(\.0)
        if all.contains(.nan) || (all.contains(.positiveInfinity) && all.contains(.negativeInfinity)) {
            return .numeric(.nan)
        }
        if all.contains(.positiveInfinity) { return .numeric(.positiveInfinity) }
        if all.contains(.negativeInfinity) { return .numeric(.negativeInfinity) }
        let parts = numbers.compactMap { number in PlainNumeric.parts(number.0).map { ($0, number.1) } }
        let scale = parts.map(\.0.scale).max() ?? 0
        let sum = parts.reduce(BigInt()) { $0 + PlainNumeric.scaled($1.0, to: scale) * BigInt($1.1) }
        return .numeric(call.function == .avg ? quotient(sum, scale, count) : PlainNumeric.make(sum, scale))
    }

    /// `numeric_div` by a count, with digits taken from text.
    private static func quotient(_ coefficient: BigInt, _ scale: Int, _ count: Int64) -> Numeric {
        let (weight, digit) = firstDigit(coefficient.magnitude, scale)
        let (divisorWeight, divisorDigit) = firstDigit(BigUInt(count), 0)
        var quotientWeight = weight - divisorWeight
        if digit <= divisorDigit { quotientWeight -= 1 }
        let resultScale = min(max(16 - 4 * quotientWeight, scale), 1000)
        let raised = coefficient.magnitude * BigUInt(10).power(resultScale - scale)
        let rounded = (raised * 2 + BigUInt(count)) / (BigUInt(count) * 2)
        return PlainNumeric.make(BigInt(sign: coefficient.sign, magnitude: rounded), resultScale)
    }

    /// Weight and value of the first non-zero base-10 000 digit.
    private static func firstDigit(_ magnitude: BigUInt, _ scale: Int) -> (Int, Int) {
        if magnitude == 0 { return (0, 0) }
        var text = String(magnitude)
        while text.count <= scale { text = "0" + text }
        var whole = Array(text.dropLast(scale))
        var fraction = Array(text.suffix(scale))
        while whole.count % 4 != 0 { whole.insert("0", at: 0) }
        while fraction.count % 4 != 0 { fraction.append("0") }
        let digits = whole + fraction
        for place in 0..<(digits.count / 4) {
            let digit = Int(String(digits[(place * 4)..<(place * 4 + 4)])) ?? 0
            if digit != 0 { return (whole.count / 4 - 1 - place, digit) }
        }
        return (0, 0)
    }

    // MARK: float

    private static func floats(
        _ call: AggregateCall,
        _ values: [(value: Datum, weight: Int64)],
        _ count: Int64
    ) throws(EvaluationError) -> Datum {
        let numbers = values.compactMap { entry -> (Double, Int64)? in
            guard case .float(let value) = entry.value else { return nil }
            return (value, entry.weight)
        }
        let all = numbers.map(\.0)
        if all.contains(where: \.isNaN) || (all.contains(.infinity) && all.contains(-.infinity)) { return .float(.nan) }
        if all.contains(.infinity) { return .float(.infinity) }
        if all.contains(-.infinity) { return .float(-.infinity) }
        let isReal = call.function == .sum && call.resultType.encoding == .float4
        // In units of 2^-1074.
        let sum = numbers.reduce(BigInt()) { sum, next in
            guard next.0 != 0 else { return sum }
            let ulp = next.0.ulp
            let units = BigInt(Int64(next.0 / ulp)) << (Int(ulp.exponent) + 1074)
            return sum + units * BigInt(next.1)
        }
        if sum == 0 && call.function == .sum && all.allSatisfy({ $0 == 0 && $0.sign == .minus }) { return .float(-0.0) }
        let value =
            isReal
            ? Double(rounded(sum, digits: 24, least: -149, as: Float.self))
            : rounded(sum, digits: 53, least: -1074, as: Double.self)
        guard value.isFinite else { throw .floatOverflow }
        return .float(call.function == .avg ? value / Double(count) + 0.0 : value)
    }

    private static func rounded<Value: BinaryFloatingPoint>(
        _ sum: BigInt,
        digits: Int,
        least: Int,
        as _: Value.Type
    ) -> Value {
        if sum == 0 { return 0 }
        let drop = max(sum.magnitude.bitWidth - digits, least + 1074, 0)
        var kept = sum.magnitude >> drop
        let rest = sum.magnitude - (kept << drop)
        let half = drop == 0 ? BigUInt(0) : BigUInt(1) << (drop - 1)
        if drop > 0 && (rest > half || (rest == half && kept & 1 == 1)) { kept += 1 }
        let magnitude = Value(sign: .plus, exponent: Value.Exponent(drop - 1074), significand: Value(UInt64(kept)))
        return sum < 0 ? -magnitude : magnitude
    }
}
