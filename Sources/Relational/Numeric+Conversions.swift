internal import BigInt

/// `numeric` to and from integers and floats.
extension Numeric {
    /// The nearest integer, halves away from zero.
    ///
    /// - Throws: `outOfRange`; `notANumber` for NaN and ±Infinity.
    public func int64() throws(NumericError) -> Int64 {
        guard isFinite else { throw .notANumber }
        guard case .small(let whole, _) = try rounded(), let value = Int64(exactly: whole) else { throw .outOfRange }
        return value
    }

    /// The nearest Double.
    ///
    /// - Throws: `outOfRange` when it is too large, or too small and not 0.
    public func double() throws(NumericError) -> Double {
        switch self {
        case .nan: return .nan
        case .positiveInfinity: return .infinity
        case .negativeInfinity: return -.infinity
        case .small(let coefficient, let scale):
            if coefficient.magnitude <= 1 << 53, scale <= 15 {
                // Both operands are exact, so the division rounds once.
                return Double(Int64(coefficient)) / Double(PowersOfTen.words[scale])
            }
        case .large: break
        }
        guard let value = withText({ TextCodec.parseFloat8($0) }) else { throw .outOfRange }
        return value
    }

    /// The nearest Float.
    ///
    /// - Throws: `outOfRange` when it is too large, or too small and not 0.
    public func float() throws(NumericError) -> Float {
        guard let value = withText({ TextCodec.parseFloat4($0) }) else { throw .outOfRange }
        return value
    }

    private func withText<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        var text = ByteSlab(capacity: 64)
        appendText(to: &text)
        return body(text.bytes)
    }

    /// `value::numeric`: 15 significant digits, without trailing zeros.
    public init(_ value: Double) {
        guard value.isFinite, value != 0 else {
            self = Self.special(value)
            return
        }
        self.init(value, ShortestDecimal(value.magnitude), digits: 15, isNormal: value.isNormal)
    }

    /// `value::numeric` for `float4`: 6 significant digits, without trailing zeros.
    public init(_ value: Float) {
        guard value.isFinite, value != 0 else {
            self = Self.special(Double(value))
            return
        }
        self.init(Double(value), ShortestDecimal(value.magnitude), digits: 6, isNormal: value.isNormal)
    }

    private static func special(_ value: Double) -> Numeric {
        value == 0 ? .zero : value.isNaN ? .nan : value < 0 ? .negativeInfinity : .positiveInfinity
    }

    /// Rounds to `digits` significant digits.
    ///
    /// The shortest decimal decides: no decimal of `digits` digits, nor a halfway point between two, lies between it and the float,
    /// or it would be the shortest. Where it is such a halfway point itself, and for subnormal floats, whose shortest form has less
    /// than `digits` digits of the value, the exact value decides.
    private init(_ value: Double, _ shortest: ShortestDecimal, digits: Int, isNormal: Bool) {
        var decimal = shortest
        let surplus = PowersOfTen.digitCount(shortest.significand) - digits
        if !isNormal {
            decimal.round(toExactly: value, digits: digits)
        } else if surplus > 0 {
            let power = PowersOfTen.words[surplus]
            let (kept, rest) = shortest.significand.quotientAndRemainder(dividingBy: power)
            if rest * 2 == power {
                decimal.round(toExactly: value, digits: digits)
            } else {
                decimal.significand = kept + (rest * 2 > power ? 1 : 0)
                decimal.exponent += surplus
            }
        }
        decimal.normalize()
        let magnitude = BigInt(decimal.significand) * BigInt(PowersOfTen.big(Swift.max(decimal.exponent, 0)))
        self = Self.unchecked(value < 0 ? -magnitude : magnitude, scale: Swift.max(-decimal.exponent, 0))
    }
}
