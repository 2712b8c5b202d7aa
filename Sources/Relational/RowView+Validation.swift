extension RowView {
    /// Whether every value of a row that `validate` took is one of its column's type, and nothing is hidden between the values: null
    /// bits beyond the last column and padding are 0. Texts are not looked into.
    ///
    /// For bytes whose writer is not known. Without it nothing traps: a damaged number reads as NaN, a damaged date as another date.
    public func holdsValidValues(encodings: [Encoding]) -> Bool {
        guard spareNullBitsAreClear else { return false }
        var end = slotsStart + 8 * columnCount
        for (column, encoding) in encodings.enumerated() where !isNull(column) {
            guard holdsValidValue(column, of: encoding) else { return false }
            if !encoding.isFixed { end += bytes(column).count }
        }
        return bytes[end...].allSatisfy { $0 == 0 }
    }

    /// Whether the null bits after the last column are 0.
    private var spareNullBitsAreClear: Bool {
        let count = columnCount
        if count < 21 { return header >> UInt32(11 + count) == 0 }
        let used = (count - 21) & 63
        guard used > 0 else { return true }
        return base.load(fromByteOffset: slotsStart - 8, as: UInt64.self) >> UInt64(used) == 0
    }

    private func holdsValidValue(_ column: Int, of encoding: Encoding) -> Bool {
        switch encoding {
        case .bool: slot(column) <= 1
        case .int2: Int16(exactly: int(column)) != nil
        case .int4: Int32(exactly: int(column)) != nil
        case .float4: float(column).isNaN || Double(Float(float(column))) == float(column)
        case .date:
            CivilDate.validDays.contains(int(column)) || int(column) == Int64(Int32.min)
                || int(column) == Int64(Int32.max)
        case .timestamp, .timestamptz:
            TimestampFields.validMicroseconds.contains(int(column)) || int(column) == .min || int(column) == .max
        case .numeric: Numeric.isImage(bytes(column))
        case .uuid: bytes(column).count == 16
        case .int8, .float8, .text, .bytea, .jsonb, .opaque: true
        }
    }
}
