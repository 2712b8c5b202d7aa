internal import BigInt

/// Keys of `numeric`, by value.
///
/// 1. A number other than 0 is ±0.d₁d₂d₃… × 10^e with d₁ ≠ 0: equal numbers of different scale agree in this form.
/// 2. Class and exponent are 3 bytes, big-endian: 0 for −Infinity, 2^23 for 0, 2^23 ± (e + 16 384) for numbers of either sign,
///    2^24 − 2 for Infinity, 2^24 − 1 for NaN.
/// 3. The digits follow in chunks of 18, the last filled with zeros: 8 bytes big-endian of chunk × 2 + (1 if digits other than 0
///    are left, else 0), so a key ends where its digits end. For negative numbers all bits of the chunks are flipped.
extension KeyEncoder {
    /// Appends the key of `coefficient` / 10^`scale`; allocates nothing.
    @inlinable
    public static func append(coefficient: Int128, scale: Int, into key: inout ByteSlab) {
        let magnitude = coefficient.magnitude
        let high = UInt64(truncatingIfNeeded: magnitude &>> 64)
        let word = UInt64(truncatingIfNeeded: magnitude)
        let digits = PowersOfTen.digitCount(word)
        guard high == 0, digits <= 18 else { return appendWide(coefficient, scale: scale, into: &key) }
        guard word != 0 else { return appendClass(1 &<< 23, into: &key) }
        let exponent = digits &- scale &+ exponentBias
        let chunk = (word &* PowersOfTen.words[18 &- digits]) &<< 1
        let isNegative = coefficient < 0
        let place = key.extend(by: 12)
        let classCode = (1 &<< 23) &+ (isNegative ? 0 &- exponent : exponent)
        // The leading 0 says that it is a value.
        place.storeBytes(of: UInt32(truncatingIfNeeded: classCode).bigEndian, as: UInt32.self)
        place.storeBytes(of: (isNegative ? ~chunk : chunk).bigEndian, toByteOffset: 4, as: UInt64.self)
    }

    @usableFromInline static var exponentBias: Int { 16_384 }

    @inlinable
    static func appendClass(_ classCode: Int, into key: inout ByteSlab) {
        key.extend(by: 4).storeBytes(of: UInt32(truncatingIfNeeded: classCode).bigEndian, as: UInt32.self)
    }

    /// Coefficients of more than 18 digits.
    @usableFromInline
    static func appendWide(_ coefficient: Int128, scale: Int, into key: inout ByteSlab) {
        let magnitude = coefficient.magnitude
        let digits = PowersOfTen.digitCount(magnitude)
        let isNegative = coefficient < 0
        let exponent = digits - scale + exponentBias
        appendClass((1 << 23) + (isNegative ? -exponent : exponent), into: &key)
        // 19…39 digits are two or three chunks, the last of them filled up with zeros.
        let head = digits > 36 ? digits - 36 : digits - 18
        let (first, rest) = magnitude.quotientAndRemainder(dividingBy: PowersOfTen.wide(digits - 18))
        if digits <= 36 {
            let last = rest * PowersOfTen.wide(18 - head)
            append(chunks: [UInt64(first), UInt64(last)], isNegative: isNegative, into: &key)
        } else {
            let (second, tail) = rest.quotientAndRemainder(dividingBy: PowersOfTen.wide(head))
            let last = tail * PowersOfTen.wide(18 - head)
            append(chunks: [UInt64(first), UInt64(second), UInt64(last)], isNegative: isNegative, into: &key)
        }
    }

    private static func append(chunks: [UInt64], isNegative: Bool, into key: inout ByteSlab) {
        let end = (chunks.lastIndex { $0 != 0 } ?? -1) + 1
        for index in 0..<end {
            let chunk = chunks[index] << 1 | (index + 1 < end ? 1 : 0)
            key.extend(by: 8).storeBytes(of: (isNegative ? ~chunk : chunk).bigEndian, as: UInt64.self)
        }
    }

    /// Appends the key of any number.
    public static func append(numeric value: Numeric, into key: inout ByteSlab) {
        switch value {
        case .small(let coefficient, let scale): append(coefficient: coefficient, scale: scale, into: &key)
        case .nan: appendClass((1 << 24) - 1, into: &key)
        case .positiveInfinity: appendClass((1 << 24) - 2, into: &key)
        case .negativeInfinity: appendClass(0, into: &key)
        case .large(let coefficient, let scale):
            let digits = Array(String(coefficient.magnitude).utf8)
            let isNegative = coefficient.sign == .minus
            let exponent = digits.count - scale + exponentBias
            appendClass((1 << 23) + (isNegative ? -exponent : exponent), into: &key)
            var chunks: [UInt64] = []
            chunks.reserveCapacity(digits.count / 18 + 1)
            var position = 0
            while position < digits.count {
                var chunk: UInt64 = 0
                for index in position..<(position + 18) {
                    chunk = chunk * 10 + (index < digits.count ? UInt64(digits[index] - UInt8(ascii: "0")) : 0)
                }
                chunks.append(chunk)
                position += 18
            }
            append(chunks: chunks, isNegative: isNegative, into: &key)
        }
    }
}
