import Relational

/// Rows, keys and texts of single values, copied out so that tests can hold them.
enum Packed {
    /// Decodes `text` into a row of one column and calls `body` with it; nil when the codec refuses the text.
    static func withRow<Value>(_ text: [UInt8], as encoding: Encoding, _ body: (RowView) -> Value) -> Value? {
        var slab = ByteSlab()
        let row = slab.beginRow(columnCount: 1)
        do throws(TextCodecError) {
            try text.withUnsafeBytes { bytes in
                Result { () throws(TextCodecError) in
                    try TextCodec.decode(bytes, as: encoding, column: 0, row: row, into: &slab)
                }
            }.get()
        } catch {
            return nil
        }
        slab.endRow(row)
        return body(RowView(slab.base + row))
    }

    /// Decodes and encodes again; nil when the codec refuses the text.
    static func roundTrip(_ text: [UInt8], as encoding: Encoding) -> [UInt8]? {
        withRow(text, as: encoding) { row in
            var output = ByteSlab()
            TextCodec.encode(row, column: 0, as: encoding, into: &output)
            return Array(output.bytes)
        }
    }

    static func roundTrip(_ text: String, as encoding: Encoding) -> String? {
        roundTrip(Array(text.utf8), as: encoding).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The key of the columns of one row.
    static func key(_ values: [Datum], as encodings: [Encoding]) -> [UInt8] {
        var rows = ZSet()
        rows.append(values, encodings: encodings, weight: 1)
        var key = ByteSlab()
        for (column, encoding) in encodings.enumerated() {
            KeyEncoder.append(rows.row(at: 0), column: column, as: encoding, into: &key)
        }
        return Array(key.bytes)
    }

    static func key(_ value: Datum, as encoding: Encoding) -> [UInt8] { key([value], as: [encoding]) }

    /// −1, 0 or 1 as `memcmp` and then the length decide.
    static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
        if left == right { return 0 }
        return left.lexicographicallyPrecedes(right) ? -1 : 1
    }

    static func isPrefix(_ left: [UInt8], of right: [UInt8]) -> Bool {
        left.count < right.count && right.starts(with: left)
    }
}
