import Relational

/// One row of COPY's text format, as a record of an insert.
///
/// Columns are parted by tabs and the row ends with a newline; `\N` alone is NULL; `\b \f \n \r \t \v \\` stand for the
/// characters. Format: Postgres manual, COPY, "Text Format".
struct CopyTextRow: ~Copyable {
    private var scratch: [UInt8] = []

    /// Appends the row; the slab holds half a record when this throws.
    mutating func append(
        _ line: UnsafeRawBufferPointer,
        _ layout: RelationLayout,
        into slab: inout ByteSlab
    ) throws(SourceError) {
        var end = line.count
        if end > 0, line[end - 1] == UInt8(ascii: "\n") { end -= 1 }
        let record = slab.beginRecord(.insert, schema: layout.id, hasNew: true, hasOld: false)
        let row = slab.beginRow(columnCount: layout.columnCount)
        var position = 0
        var column = 0
        // A row of no columns is an empty line.
        while column < layout.columnCount {
            var next = position
            var isEscaped = false
            while next < end, line[next] != UInt8(ascii: "\t") {
                if line[next] == UInt8(ascii: "\\") {
                    isEscaped = true
                    next += 1
                }
                next += 1
            }
            guard next <= end else { throw Self.malformed(layout) }
            let field = UnsafeRawBufferPointer(rebasing: line[position..<next])
            if !isEscaped {
                try Self.decode(field, column, row, layout, &slab)
            } else if !(field.count == 2 && field[1] == UInt8(ascii: "N")) {
                unescape(field)
                let text = scratch
                try Self.decodeCopy(text, column, row, layout, &slab)
            }
            column += 1
            let isLast = column == layout.columnCount
            guard isLast == (next == end) else { throw Self.malformed(layout) }
            position = next + 1
        }
        slab.endRow(row)
        slab.endRecord(record)
    }

    private mutating func unescape(_ field: UnsafeRawBufferPointer) {
        scratch.removeAll(keepingCapacity: true)
        var position = 0
        while position < field.count {
            var byte = field[position]
            if byte == UInt8(ascii: "\\"), position + 1 < field.count {
                position += 1
                byte = Self.meaning(of: field[position])
            }
            scratch.append(byte)
            position += 1
        }
    }

    private static func meaning(of byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "t"): 9
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "v"): 11
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "r"): 13
        default: byte
        }
    }

    private static func decodeCopy(
        _ text: [UInt8],
        _ column: Int,
        _ row: Int,
        _ layout: RelationLayout,
        _ slab: inout ByteSlab
    ) throws(SourceError) {
        var failure: SourceError?
        text.withUnsafeBytes { text in
            do throws(SourceError) {
                try decode(text, column, row, layout, &slab)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    @inline(__always)
    private static func decode(
        _ text: UnsafeRawBufferPointer,
        _ column: Int,
        _ row: Int,
        _ layout: RelationLayout,
        _ slab: inout ByteSlab
    ) throws(SourceError) {
        do {
            try TextCodec.decode(text, as: layout.encodings[column], column: column, row: row, into: &slab)
        } catch {
            throw ValueError.malformed(layout.schema, column, "in the snapshot")
        }
    }

    private static func malformed(_ layout: RelationLayout) -> SourceError {
        SourceError(
            .malformedMessage,
            "COPY of \(layout.schema.name) gave a row without its \(layout.columnCount) columns"
        )
    }
}
