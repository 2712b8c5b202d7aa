internal import BigInt

/// `numeric` to and from its bytes in a packed row.
extension Numeric {
    /// The first byte of an image.
    @usableFromInline
    enum Tag {
        @usableFromInline static let positive: UInt8 = 0
        @usableFromInline static let negative: UInt8 = 1
        @usableFromInline static let nan: UInt8 = 2
        @usableFromInline static let positiveInfinity: UInt8 = 3
        @usableFromInline static let negativeInfinity: UInt8 = 4
    }

    /// Reads an image; nil when the bytes are not one.
    public init?(image: UnsafeRawBufferPointer) {
        guard Self.isImage(image) else { return nil }
        let scale = Int(image.loadUnaligned(fromByteOffset: 1, as: UInt16.self))
        switch image[0] {
        case Tag.nan: self = .nan
        case Tag.positiveInfinity: self = .positiveInfinity
        case Tag.negativeInfinity: self = .negativeInfinity
        default:
            var words: [UInt] = []
            var position = 3
            while position < image.count {
                let part = UnsafeRawBufferPointer(rebasing: image[position..<Swift.min(position + 8, image.count)])
                words.append(part.reversed().reduce(0) { $0 << 8 | UInt($1) })
                position += 8
            }
            let magnitude = BigInt(BigUInt(words: words))
            let coefficient = image[0] == Tag.negative ? -magnitude : magnitude
            if let small = Int128(fitting: coefficient) {
                self = .small(coefficient: small, scale: scale)
            } else {
                self = .large(coefficient: coefficient, scale: scale)
            }
        }
    }

    /// Whether the bytes are the one image of some number.
    static func isImage(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 3, let last = bytes.last else { return false }
        let scale = bytes.loadUnaligned(fromByteOffset: 1, as: UInt16.self)
        switch bytes[0] {
        case Tag.positive: return scale <= UInt16(scaleMax) && (bytes.count == 3 || last != 0)
        case Tag.negative: return scale <= UInt16(scaleMax) && bytes.count > 3 && last != 0
        case Tag.nan, Tag.positiveInfinity, Tag.negativeInfinity: return bytes.count == 3 && scale == 0
        default: return false
        }
    }
}

extension RowView {
    /// A `numeric` column that is not NULL. Bytes that are no image read as NaN; `holdsValidValues` finds them.
    public func numeric(_ column: Int) -> Numeric {
        if let (coefficient, scale) = smallNumeric(column) { return .small(coefficient: coefficient, scale: scale) }
        return Numeric(image: bytes(column)) ?? .nan
    }

    /// A `numeric` column that is not NULL, when it is finite and its coefficient fits Int128; else nil. Allocates nothing.
    @inlinable
    public func smallNumeric(_ column: Int) -> (coefficient: Int128, scale: Int)? {
        let slot = slot(column)
        let offset = Int(slot & 0xFFFF_FFFF)
        let magnitudeByteCount = Int(slot &>> 32) &- 3
        guard magnitudeByteCount >= 0, magnitudeByteCount <= 16 else { return nil }
        // Loads end where the part that is read ends, and begin inside the row: 16 bytes of header and slot come before every value.
        let head = base.loadUnaligned(fromByteOffset: offset &- 1, as: UInt32.self) &>> 8
        let tag = UInt8(truncatingIfNeeded: head)
        guard tag <= Numeric.Tag.negative else { return nil }
        let scale = Int(UInt16(truncatingIfNeeded: head &>> 8))
        let end = offset &+ 3 &+ magnitudeByteCount
        let last = base.loadUnaligned(fromByteOffset: end &- 8, as: UInt64.self)
        if magnitudeByteCount <= 8 {
            let magnitude = Int128(last >> UInt64(64 &- 8 &* magnitudeByteCount))
            return (tag == Numeric.Tag.positive ? magnitude : 0 &- magnitude, scale)
        }
        let first = base.loadUnaligned(fromByteOffset: offset &+ 3, as: UInt64.self)
        let high = last &>> UInt64(128 &- 8 &* magnitudeByteCount)
        let magnitude = UInt128(high) &<< 64 | UInt128(first)
        if tag == Numeric.Tag.positive {
            return magnitude >> 127 == 0 ? (Int128(truncatingIfNeeded: magnitude), scale) : nil
        }
        // −2^127 fits too.
        guard magnitude <= 1 &<< 127 else { return nil }
        return (0 &- Int128(truncatingIfNeeded: magnitude), scale)
    }
}

extension ByteSlab {
    /// Sets a `numeric` column.
    public mutating func set(_ column: Int, numeric value: Numeric, in row: Int) {
        switch value {
        case .small(let coefficient, let scale):
            set(column, coefficient: coefficient, scale: scale, in: row)
        case .large(let coefficient, let scale):
            let start = beginBytes(column, in: row)
            appendNumericHead(coefficient.sign == .minus ? Numeric.Tag.negative : Numeric.Tag.positive, scale: scale)
            for word in coefficient.magnitude.words { append(integer: UInt64(word)) }
            while count > start, pointer(at: count - 1).load(as: UInt8.self) == 0 { truncate(to: count - 1) }
            endBytes(column, from: start, in: row)
        case .nan: setNumericTag(Numeric.Tag.nan, column, in: row)
        case .positiveInfinity: setNumericTag(Numeric.Tag.positiveInfinity, column, in: row)
        case .negativeInfinity: setNumericTag(Numeric.Tag.negativeInfinity, column, in: row)
        }
    }

    /// Sets a `numeric` column to `coefficient` / 10^`scale`; `scale` is 0…16383.
    @inlinable
    public mutating func set(_ column: Int, coefficient: Int128, scale: Int, in row: Int) {
        setNumeric(column, magnitude: coefficient.magnitude, isNegative: coefficient < 0, scale: scale, in: row)
    }

    /// Zero has no sign.
    @inlinable
    mutating func setNumeric(_ column: Int, magnitude: UInt128, isNegative: Bool, scale: Int, in row: Int) {
        assert(scale >= 0 && scale <= Numeric.scaleMax)
        let start = beginBytes(column, in: row)
        let low = UInt64(truncatingIfNeeded: magnitude)
        let high = UInt64(truncatingIfNeeded: magnitude &>> 64)
        let tag = isNegative && low | high != 0 ? Numeric.Tag.negative : Numeric.Tag.positive
        let place = extend(by: 20)
        place.storeBytes(of: UInt32(tag) | UInt32(truncatingIfNeeded: scale) &<< 8, as: UInt32.self)
        place.storeBytes(of: low, toByteOffset: 3, as: UInt64.self)
        place.storeBytes(of: high, toByteOffset: 11, as: UInt64.self)
        let bits = high != 0 ? 128 - high.leadingZeroBitCount : 64 - low.leadingZeroBitCount
        truncate(to: start &+ 3 &+ (bits &+ 7) &>> 3)
        endBytes(column, from: start, in: row)
    }

    private mutating func appendNumericHead(_ tag: UInt8, scale: Int) {
        append(byte: tag)
        append(integer: UInt16(scale))
    }

    private mutating func setNumericTag(_ tag: UInt8, _ column: Int, in row: Int) {
        let start = beginBytes(column, in: row)
        appendNumericHead(tag, scale: 0)
        endBytes(column, from: start, in: row)
    }
}
