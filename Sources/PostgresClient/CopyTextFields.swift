/// Parts the rows of COPY's text format into their fields.
///
/// Columns are parted by tabs and the row ends with a newline; `\N` alone is NULL; `\b \f \n \r \t \v \\` stand for the characters.
/// Format: Postgres manual, COPY, "Text Format".
public struct CopyTextFields: ~Copyable {
    // Unsafe: the bytes of an unescaped field; grows to the largest one.
    @usableFromInline var scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 1)

    /// Fields of no row yet.
    public init() {}

    deinit { scratch.deallocate() }

    /// Calls `take` with each field of a row that is not NULL, unescaped, in order.
    ///
    /// False when the row does not have this many columns; `take` was called for some of them then. The bytes are there until `take`
    /// returns.
    @inlinable
    public mutating func part<Failure: Error>(
        _ line: UnsafeRawBufferPointer,
        columnCount: Int,
        _ take: (_ column: Int, UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> Bool {
        var end = line.count
        if end > 0, line[end - 1] == UInt8(ascii: "\n") { end -= 1 }
        // A row of no columns is an empty line.
        if columnCount == 0 { return end == 0 }
        var position = 0
        for column in 0..<columnCount {
            var next = position
            var isEscaped = false
            while next < end, line[next] != UInt8(ascii: "\t") {
                if line[next] == UInt8(ascii: "\\") {
                    isEscaped = true
                    next += 1
                }
                next += 1
            }
            guard next <= end, (column == columnCount - 1) == (next == end) else { return false }
            let field = UnsafeRawBufferPointer(rebasing: line[position..<next])
            if !isEscaped {
                try take(column, field)
            } else if !(field.count == 2 && field[1] == UInt8(ascii: "N")) {
                try take(column, unescape(field))
            }
            position = next + 1
        }
        return true
    }

    @usableFromInline
    mutating func unescape(_ field: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        if scratch.count < field.count {
            scratch.deallocate()
            scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: field.count, alignment: 1)
        }
        var position = 0
        var count = 0
        while position < field.count {
            var byte = field[position]
            if byte == UInt8(ascii: "\\"), position + 1 < field.count {
                position += 1
                byte = Self.meaning(of: field[position])
            }
            scratch[count] = byte
            count += 1
            position += 1
        }
        return UnsafeRawBufferPointer(rebasing: scratch[..<count])
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
}
