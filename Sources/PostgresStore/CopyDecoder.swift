import Relational
import ViewStores

/// Lines of `COPY … TO STDOUT`, in its text format, as packed rows: the reverse of `CopyEncoder`.
struct CopyDecoder: ~Copyable {
    private let view: ViewTable
    private let encodings: [Encoding]
    private var scratch = ByteSlab()

    init(_ view: ViewTable) {
        self.view = view
        encodings = view.columns.map(\.type.encoding)
    }

    /// Appends the row of one line, its newline included.
    mutating func append(_ line: UnsafeRawBufferPointer, to rows: inout ZSet) throws(StoreError) {
        var end = line.count
        if end > 0, line[end - 1] == UInt8(ascii: "\n") { end -= 1 }
        let row = rows.beginRow(columnCount: encodings.count)
        var start = 0
        for column in encodings.indices {
            guard start <= end else { throw unreadable(column) }
            var next = start
            var hasEscapes = false
            while next < end, line[next] != UInt8(ascii: "\t") {
                if line[next] == UInt8(ascii: "\\") { hasEscapes = true }
                next += 1
            }
            let field = UnsafeRawBufferPointer(rebasing: line[start..<next])
            start = next + 1
            if hasEscapes {
                if field.count == 2, field[1] == UInt8(ascii: "N") { continue }
                unescape(field)
                try set(column, scratch.bytes, row, &rows)
            } else {
                try set(column, field, row, &rows)
            }
        }
        rows.endRow(row, weight: 1)
    }

    private func set(
        _ column: Int,
        _ text: UnsafeRawBufferPointer,
        _ row: Int,
        _ rows: inout ZSet
    ) throws(StoreError) {
        do {
            try TextCodec.decode(text, as: encodings[column], column: column, row: row, into: &rows.slab)
        } catch {
            throw unreadable(column)
        }
    }

    private mutating func unescape(_ field: UnsafeRawBufferPointer) {
        scratch.removeAll()
        var position = 0
        while position < field.count {
            var byte = field[position]
            if byte == UInt8(ascii: "\\"), position + 1 < field.count {
                position += 1
                byte = Self.meaning(of: field[position])
            }
            scratch.append(byte: byte)
            position += 1
        }
    }

    private static func meaning(of letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "t"): 9
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "v"): 11
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "r"): 13
        default: letter
        }
    }

    private func unreadable(_ column: Int) -> StoreError {
        .inconsistent(
            view.name,
            "a value of column \"\(view.columns[column].name)\" was not written by Leftfold",
            detail: "it is no \(view.columns[column].type)"
        )
    }
}
