internal import BigInt

/// `numeric` from and to text.
extension Numeric: CustomStringConvertible {
    /// Parses what Postgres accepts as a number: digits with a point, an exponent, `NaN`, `Infinity` and `inf` with a sign, words in
    /// any case. Spaces around it are not skipped.
    ///
    /// - Throws: `invalidText`, or `overflow` when the type cannot hold the number.
    public init(parsing text: UnsafeRawBufferPointer) throws(NumericError) {
        var position = 0
        var isNegative = false
        var isSigned = false
        if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            isSigned = true
            position = 1
        }
        if position < text.count, text[position] | 0x20 > UInt8(ascii: "a") {
            self = try Self.word(text[position...], isSigned: isSigned, isNegative: isNegative)
            return
        }
        var digits: [UInt8] = []
        digits.reserveCapacity(text.count - position)
        var fractionDigits = 0
        var hasPoint = false
        while position < text.count {
            let byte = text[position]
            if byte &- UInt8(ascii: "0") < 10 {
                digits.append(byte)
                if hasPoint { fractionDigits += 1 }
            } else if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else {
                break
            }
            position += 1
        }
        guard !digits.isEmpty else { throw .invalidText }
        var exponent = 0
        if position < text.count { exponent = try Self.exponent(text[position...]) }
        // Leading zeros would only make the number look longer than it is.
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        let scale = Swift.max(fractionDigits - exponent, 0)
        guard scale <= Self.scaleMax else { throw .overflow }
        guard !significant.isEmpty else {
            self = .small(coefficient: 0, scale: scale)
            return
        }
        guard significant.count - fractionDigits + exponent <= Self.integerDigitsMax else { throw .overflow }
        guard var magnitude = BigUInt(String(decoding: significant, as: UTF8.self), radix: 10) else {
            throw .invalidText
        }
        if exponent > fractionDigits { magnitude *= PowersOfTen.big(exponent - fractionDigits) }
        try self.init(BigInt(sign: isNegative ? .minus : .plus, magnitude: magnitude), scale: scale)
    }

    /// Parses a string in the same way.
    public init(parsing text: String) throws(NumericError) {
        let parsed = Array(text.utf8).withUnsafeBytes { bytes in
            Result { () throws(NumericError) in try Numeric(parsing: bytes) }
        }
        self = try parsed.get()
    }

    private static func word(
        _ text: Slice<UnsafeRawBufferPointer>,
        isSigned: Bool,
        isNegative: Bool
    ) throws(NumericError) -> Numeric {
        let lowered = text.map { $0 | 0x20 }
        if lowered.elementsEqual("nan".utf8), !isSigned { return .nan }
        if lowered.elementsEqual("infinity".utf8) || lowered.elementsEqual("inf".utf8) {
            return isNegative ? .negativeInfinity : .positiveInfinity
        }
        throw .invalidText
    }

    /// What follows the digits: `e`, an optional sign, digits to the end.
    private static func exponent(_ text: Slice<UnsafeRawBufferPointer>) throws(NumericError) -> Int {
        guard let letter = text.first, letter | 0x20 == UInt8(ascii: "e") else { throw .invalidText }
        var digits = text.dropFirst()
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        guard !digits.isEmpty else { throw .invalidText }
        var value = 0
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { throw .invalidText }
            value = value * 10 + Int(digit)
            // Postgres's own limit, far beyond what the type holds.
            guard value < Int(Int32.max) / 2 else { throw .invalidText }
        }
        return isNegative ? -value : value
    }

    /// Postgres's text output.
    public var description: String {
        var output = ByteSlab(capacity: 64)
        appendText(to: &output)
        return String(decoding: output.bytes, as: UTF8.self)
    }

    /// Appends Postgres's text output.
    public func appendText(to output: inout ByteSlab) {
        switch self {
        case .nan: output.append(text: "NaN")
        case .positiveInfinity: output.append(text: "Infinity")
        case .negativeInfinity: output.append(text: "-Infinity")
        case .small(let coefficient, let scale):
            if coefficient < 0 { output.append(byte: UInt8(ascii: "-")) }
            output.append(coefficient: coefficient.magnitude, scale: scale)
        case .large(let coefficient, let scale):
            if coefficient.sign == .minus { output.append(byte: UInt8(ascii: "-")) }
            let start = output.count
            var digits = String(coefficient.magnitude)
            digits.withUTF8 { output.append(UnsafeRawBufferPointer($0)) }
            output.insertPoint(digitsFrom: start, scale: scale)
        }
    }
}
