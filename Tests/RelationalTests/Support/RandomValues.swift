import BigInt
import Relational
import TestSupport

extension SeededGenerator {
    /// A value of `encoding`, with the ends of its range and its special values far more often than by chance.
    mutating func datum(as encoding: Encoding) -> Datum {
        switch encoding {
        case .bool: .bool(Bool.random(using: &self))
        case .int2: .int(integer(Int64(Int16.min)...Int64(Int16.max)))
        case .int4: .int(integer(Int64(Int32.min)...Int64(Int32.max)))
        case .int8: .int(integer(Int64.min...Int64.max))
        case .float4: .float(Double(float4()))
        case .float8: .float(float8())
        case .numeric: .numeric(numeric())
        case .text, .jsonb, .opaque: .text(text())
        case .bytea: .bytes(bytes(count: Int.random(in: 0...6, using: &self)))
        case .uuid: .bytes(bytes(count: 16))
        case .date: .int(once(in: 8) ? pick([Int64(Int32.min), Int64(Int32.max)]) : integer(CivilDate.validDays))
        case .timestamp, .timestamptz:
            .int(once(in: 8) ? pick([.min, .max]) : integer(ClosedRange(TimestampFields.validMicroseconds)))
        }
    }

    mutating func once(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &self)] }

    /// Small, near an end, or anywhere in the range.
    mutating func integer(_ range: ClosedRange<Int64>) -> Int64 {
        switch Int.random(in: 0..<4, using: &self) {
        case 0: Int64.random(in: -3...3, using: &self)
        case 1: range.lowerBound + Int64.random(in: 0...3, using: &self)
        case 2: range.upperBound - Int64.random(in: 0...3, using: &self)
        default: Int64.random(in: range, using: &self)
        }
    }

    mutating func bytes(count: Int) -> [UInt8] {
        // Zeros and 255 are what escapes are made of.
        (0..<count).map { _ in once(in: 3) ? pick([0, 1, 255]) : UInt8.random(in: 0...255, using: &self) }
    }

    mutating func text() -> String {
        String(
            (0..<Int.random(in: 0...5, using: &self)).map { _ in pick(["a", "b", "\u{1}", " ", "é", "€", "𝄞", "z"]) }
        )
    }

    mutating func float8() -> Double {
        switch Int.random(in: 0..<8, using: &self) {
        case 0:
            pick([0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e23, 1e22])
        case 1: Double(Int64.random(in: -1_000_000...1_000_000, using: &self)) / 100
        case 2: Double(Int64.random(in: Int64.min...Int64.max, using: &self))
        case 3: Double(sign: .plus, exponent: Int.random(in: -1074...1023, using: &self), significand: 1)
        case 4: Double(bitPattern: next() >> UInt64.random(in: 12...60, using: &self))
        default: Self.withoutPayload(Double(bitPattern: next()))
        }
    }

    mutating func float4() -> Float {
        switch Int.random(in: 0..<6, using: &self) {
        case 0:
            pick([0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 16_777_216])
        case 1: Float(Int32.random(in: -1_000_000...1_000_000, using: &self)) / 100
        case 2: Float(sign: .plus, exponent: Int.random(in: -149...127, using: &self), significand: 1)
        default:
            Float(Self.withoutPayload(Double(Float(bitPattern: UInt32(truncatingIfNeeded: next())))))
        }
    }

    private static func withoutPayload(_ value: Double) -> Double { value.isNaN ? .nan : value }

    /// Any kind of number, up to some hundred digits, often sharing its value with others of another scale.
    mutating func numeric() -> Numeric {
        switch Int.random(in: 0..<12, using: &self) {
        case 0: pick([.nan, .positiveInfinity, .negativeInfinity, .zero, .one])
        case 1: .small(coefficient: pick([.min, .max, 0, 1, -1]), scale: Int.random(in: 0...40, using: &self))
        case 2, 3, 4:
            .small(
                coefficient: Int128.random(in: -120...120, using: &self) * pick([1, 10, 100, 10000]),
                scale: Int.random(in: 0...6, using: &self)
            )
        case 5, 6: .small(coefficient: wide(), scale: Int.random(in: 0...45, using: &self))
        case 7: large(digits: Int.random(in: 39...300, using: &self), scale: Int.random(in: 0...300, using: &self))
        default:
            .small(
                coefficient: Int128(integer(Int64.min...Int64.max) / pick([1, 1_000_000, 1_000_000_000_000])),
                scale: Int.random(in: 0...20, using: &self)
            )
        }
    }

    private mutating func wide() -> Int128 {
        let bits = UInt128(next()) << 64 | UInt128(next())
        return Int128(truncatingIfNeeded: bits) >> Int.random(in: 0...127, using: &self)
    }

    private mutating func large(digits: Int, scale: Int) -> Numeric {
        let text = String((0..<digits).map { _ in pick(["0", "0", "9", "5", "4", "1", "7"]) })
        let magnitude = BigInt(text, radix: 10) ?? 0
        let coefficient = Bool.random(using: &self) ? -magnitude : magnitude
        guard let number = try? Numeric(coefficient, scale: scale) else { return .zero }
        return number
    }
}
