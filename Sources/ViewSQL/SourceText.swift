/// A statement with its file's name: turns byte offsets into places that a reader can find.
struct SourceText {
    /// Longest part of a line that an excerpt shows.
    private static let excerptWidth = 100

    var file: String
    var sql: String

    /// The error that `diagnostic` is in this text.
    func error(_ diagnostic: Diagnostic) -> ViewSQLError {
        var error = ViewSQLError(
            code: diagnostic.code,
            message: diagnostic.message,
            detail: diagnostic.detail,
            hint: diagnostic.hint,
            file: file
        )
        guard let location = diagnostic.location else { return error }
        let place = place(ofByte: location)
        error.line = place.line
        error.column = place.column
        error.excerpt = Self.excerpt(place.text, line: place.line, column: place.column)
        return error
    }

    /// Offset of the UTF-8 byte at which the scalar with index `scalarIndex` begins.
    func byte(ofScalar scalarIndex: Int) -> Int {
        let scalars = sql.unicodeScalars
        let index = scalars.index(scalars.startIndex, offsetBy: scalarIndex, limitedBy: scalars.endIndex)
        return sql.utf8.distance(from: sql.utf8.startIndex, to: index ?? scalars.endIndex)
    }

    private func place(ofByte offset: Int) -> (line: Int, column: Int, text: [Unicode.Scalar]) {
        var line = 1
        var column = 1
        var byte = 0
        var text: [Unicode.Scalar] = []
        for scalar in sql.unicodeScalars {
            if scalar == "\n" {
                if byte >= offset { break }
                line += 1
                column = 1
                text.removeAll(keepingCapacity: true)
            } else {
                text.append(scalar)
                if byte < offset { column += 1 }
            }
            byte += UTF8.width(scalar)
        }
        return (line, column, text)
    }

    private static func excerpt(_ text: [Unicode.Scalar], line: Int, column: Int) -> String {
        var start = 0
        if text.count > excerptWidth { start = min(max(0, column - 1 - excerptWidth / 2), text.count - excerptWidth) }
        let shown = text[start..<min(text.count, start + excerptWidth)]
        let isCut = (before: start > 0, after: start + shown.count < text.count)
        let prefix = "LINE \(line): " + (isCut.before ? "..." : "")
        var result = prefix
        var caret = String(repeating: " ", count: prefix.count)
        for (index, scalar) in shown.enumerated() {
            let isPlain = scalar.value >= 0x20 || scalar == "\t"
            result.unicodeScalars.append(isPlain ? scalar : " ")
            if start + index < column - 1 { caret.unicodeScalars.append(scalar == "\t" ? "\t" : " ") }
        }
        return result + (isCut.after ? "..." : "") + "\n" + caret + "^"
    }
}
