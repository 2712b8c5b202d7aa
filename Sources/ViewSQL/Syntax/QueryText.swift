/// The SELECT inside a view's statement, as text: what the source itself is asked when the view is verified.
///
/// A statement that was compiled has one SELECT: what follows the first `AS` outside quotes, comments and parentheses, up to the
/// semicolon; a bare SELECT is its own.
public enum QueryText {
    /// The SELECT of a statement that was compiled.
    public static func select(of sql: String) -> String {
        var scanner = Scanner(text: Array(sql.utf8))
        var start: Int?
        var isFirstWord = true
        while let token = scanner.next() {
            switch token {
            case .word(let word, let end):
                if isFirstWord, word != "create" { start = 0 }
                isFirstWord = false
                if start == nil, word == "as", scanner.depth == 0 { start = end }
            case .semicolon(let position) where scanner.depth == 0:
                return text(scanner.text[(start ?? 0)..<position])
            case .semicolon, .other: break
            }
        }
        return text(scanner.text[(start ?? 0)...])
    }

    /// A trailing line comment must not swallow what is written behind the SELECT.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) + "\n" }

    private enum Token {
        /// A bare word in lower case, and where it ends.
        case word(String, end: Int)
        case semicolon(Int)
        case other
    }

    /// Splits SQL as far as words, quotes, comments and parentheses go.
    private struct Scanner {
        let text: [UInt8]
        var position = 0
        var depth = 0

        init(text: [UInt8]) { self.text = text }

        mutating func next() -> Token? {
            guard position < text.count else { return nil }
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
                while position < text.count, text[position] != UInt8(ascii: "\n") { position += 1 }
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): skipComment()
            case UInt8(ascii: "'"):
                let isEscaping = position > 0 && (text[position - 1] | 0x20) == UInt8(ascii: "e")
                skipQuoted(byte, isEscaping: isEscaping)
            case UInt8(ascii: "\""): skipQuoted(byte, isEscaping: false)
            case UInt8(ascii: "$"): skipDollarQuoted()
            case UInt8(ascii: "("):
                depth += 1
                position += 1
            case UInt8(ascii: ")"):
                depth -= 1
                position += 1
            case UInt8(ascii: ";"):
                position += 1
                return .semicolon(position - 1)
            case _ where Self.isWord(byte):
                let begin = position
                while position < text.count, Self.isWord(text[position]) { position += 1 }
                return .word(String(decoding: text[begin..<position], as: UTF8.self).lowercased(), end: position)
            default: position += 1
            }
            return .other
        }

        private func peek(_ ahead: Int) -> UInt8? { position + ahead < text.count ? text[position + ahead] : nil }

        private static func isWord(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "_") || byte >= 0x80 || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }

        private mutating func skipQuoted(_ quote: UInt8, isEscaping: Bool) {
            position += 1
            while position < text.count {
                if isEscaping, text[position] == UInt8(ascii: "\\") {
                    position += 2
                } else if text[position] == quote {
                    position += 1
                    return
                } else {
                    position += 1
                }
            }
            position = min(position, text.count)
        }

        /// Block comments nest.
        private mutating func skipComment() {
            var level = 0
            repeat {
                if text[position] == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                    level += 1
                    position += 2
                } else if text[position] == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                    level -= 1
                    position += 2
                } else {
                    position += 1
                }
            } while level > 0 && position < text.count
        }

        /// `$tag$ … $tag$`; a dollar that opens none is one byte.
        private mutating func skipDollarQuoted() {
            var end = position + 1
            while end < text.count, Self.isWord(text[end]) { end += 1 }
            guard end < text.count, text[end] == UInt8(ascii: "$") else {
                position += 1
                return
            }
            let tag = text[position...end]
            var place = end + 1
            while place + tag.count <= text.count {
                if text[place..<(place + tag.count)].elementsEqual(tag) {
                    position = place + tag.count
                    return
                }
                place += 1
            }
            position = text.count
        }
    }
}
