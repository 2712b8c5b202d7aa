internal import BigInt

/// `numeric` between text and row images; up to 38 digits without leaving registers.
extension TextCodec {
    /// Sets a numeric column; false when the text is not a number that Postgres can hold.
    @usableFromInline
    static func decodeNumeric(_ text: UnsafeRawBufferPointer, column: Int, row: Int, into slab: inout ByteSlab) -> Bool
    {
        let count = text.count
        guard count > 0, let base = text.baseAddress else { return false }
        let isNegative = base.load(as: UInt8.self) == UInt8(ascii: "-")
        var position = isNegative ? 1 : 0
        let start = position
        // 40 characters hold at most 39 digits; beyond 38, and for words and exponents, the general parser decides.
        guard count &- start <= 39, position < count else { return decodeLongNumeric(text, column, row, &slab) }
        var magnitude: UInt64 = 0
        var scaleStart = -1
        let wordEnd = Swift.min(count, start &+ 18)
        while position < wordEnd {
            let digit = base.load(fromByteOffset: position, as: UInt8.self) &- UInt8(ascii: "0")
            if digit < 10 {
                magnitude = magnitude &* 10 &+ UInt64(digit)
            } else if digit == UInt8(ascii: ".") &- UInt8(ascii: "0"), scaleStart < 0 {
                scaleStart = position &+ 1
            } else {
                return decodeLongNumeric(text, column, row, &slab)
            }
            position &+= 1
        }
        var wide = UInt128(magnitude)
        if position < count {
            // The rest is at most 21 characters: with a point among the first 18, it may have 21 digits.
            var rest: UInt64 = 0
            var restDigits = 0
            while position < count {
                let digit = base.load(fromByteOffset: position, as: UInt8.self) &- UInt8(ascii: "0")
                if digit < 10 {
                    guard restDigits < 19 else { return decodeLongNumeric(text, column, row, &slab) }
                    rest = rest &* 10 &+ UInt64(digit)
                    restDigits &+= 1
                } else if digit == UInt8(ascii: ".") &- UInt8(ascii: "0"), scaleStart < 0 {
                    scaleStart = position &+ 1
                } else {
                    return decodeLongNumeric(text, column, row, &slab)
                }
                position &+= 1
            }
            let (high, low) = magnitude.multipliedFullWidth(by: PowersOfTen.words[restDigits])
            wide = UInt128(high) &<< 64 | UInt128(low)
            wide = wide &+ UInt128(rest)
        }
        let scale = scaleStart < 0 ? 0 : count &- scaleStart
        // A point alone is no number.
        guard count &- start > 1 || scaleStart < 0 else { return false }
        slab.setNumeric(column, magnitude: wide, isNegative: isNegative, scale: scale, in: row)
        return true
    }

    private static func decodeLongNumeric(
        _ text: UnsafeRawBufferPointer,
        _ column: Int,
        _ row: Int,
        _ slab: inout ByteSlab
    ) -> Bool {
        guard let value = try? Numeric(parsing: text) else { return false }
        slab.set(column, numeric: value, in: row)
        return true
    }

    /// Appends the text of a number's image.
    static func append(numericImage image: UnsafeRawBufferPointer, to output: inout ByteSlab) {
        guard image.count >= 3, image.count <= 19, image[0] <= Numeric.Tag.negative else {
            (Numeric(image: image) ?? .nan).appendText(to: &output)
            return
        }
        var magnitude: UInt128 = 0
        for byte in image[3...].reversed() { magnitude = magnitude &<< 8 | UInt128(byte) }
        let scale = Int(image.loadUnaligned(fromByteOffset: 1, as: UInt16.self))
        if image[0] == Numeric.Tag.negative { output.append(byte: UInt8(ascii: "-")) }
        output.append(coefficient: magnitude, scale: scale)
    }
}

extension ByteSlab {
    /// Appends `coefficient` / 10^`scale` with `scale` digits after the point.
    mutating func append(coefficient: UInt128, scale: Int) {
        if let word = UInt64(exactly: coefficient) { return append(coefficient: word, scale: scale) }
        // Three chunks of 19 digits; the first may be empty.
        let chunk = UInt128(PowersOfTen.words[19])
        let (rest, low) = coefficient.quotientAndRemainder(dividingBy: chunk)
        let (high, middle) = rest.quotientAndRemainder(dividingBy: chunk)
        let start = count
        if high > 0 { append(decimal: UInt64(high), minimumDigits: 1) }
        append(decimal: UInt64(middle), minimumDigits: high > 0 ? 19 : 1)
        append(decimal: UInt64(low), minimumDigits: 19)
        insertPoint(digitsFrom: start, scale: scale)
    }

    /// Puts the point into the digits at the end, `scale` of which come after it.
    mutating func insertPoint(digitsFrom start: Int, scale: Int) {
        guard scale > 0 else { return }
        let digits = count - start
        if scale >= digits {
            // `0.`, then zeros, then the digits.
            let zeros = 2 + scale - digits
            _ = extend(by: zeros)
            let place = pointer(at: start)
            (place + zeros).copyMemory(from: place, byteCount: digits)
            for index in 0..<zeros { place.storeBytes(of: UInt8(ascii: "0"), toByteOffset: index, as: UInt8.self) }
            place.storeBytes(of: UInt8(ascii: "."), toByteOffset: 1, as: UInt8.self)
        } else {
            _ = extend(by: 1)
            let place = pointer(at: count - 1 - scale)
            (place + 1).copyMemory(from: place, byteCount: scale)
            place.storeBytes(of: UInt8(ascii: "."), as: UInt8.self)
        }
    }
}
