/// What somebody looks for, in words: every part must be found in a row, in any of its indexed columns.
///
/// 1. Words are parted by blanks.
/// 2. Words in double quotes are a phrase: they follow each other, in this order.
/// 3. `*` right after a word or phrase makes its last word a beginning of words.
///
/// Nothing else has a meaning, so no text is an error of syntax: a quote without its partner ends where the text does. Each store
/// renders the parts in its engine's language and lets the engine cut the words as it did for the index.
public struct SearchQuery: Hashable, Sendable {
    /// A word or a phrase.
    public struct Part: Hashable, Sendable {
        /// Not empty; no word holds a double quote or a zero byte.
        public var words: [String]
        /// Whether the last word is only a beginning.
        public var isPrefix: Bool

        /// A word or a phrase.
        public init(_ words: [String], isPrefix: Bool = false) {
            self.words = words
            self.isPrefix = isPrefix
        }
    }

    /// In the order they were written; at least one.
    public let parts: [Part]

    /// Reads the text; nil when there is no word in it.
    public init?(parsing text: String) {
        var parts: [Part] = []
        // By scalars: a quote with an accent after it is another character, and still a quote to an engine.
        var rest = text.unicodeScalars[...]
        while let first = rest.first {
            if Self.isBlank(first) {
                rest.removeFirst()
                continue
            }
            if let part = Self.part(&rest, isPhrase: first == "\"") { parts.append(part) }
        }
        guard !parts.isEmpty else { return nil }
        self.parts = parts
    }

    /// Takes the next word or phrase; nil for one of signs alone.
    private static func part(_ rest: inout Substring.UnicodeScalarView, isPhrase: Bool) -> Part? {
        if isPhrase { rest.removeFirst() }
        var body = rest.prefix { $0 != "\"" && (isPhrase || !isBlank($0)) }
        rest = rest.dropFirst(body.count)
        if isPhrase, !rest.isEmpty { rest.removeFirst() }
        var isPrefix = false
        while isPhrase, rest.first == "*" {
            rest.removeFirst()
            isPrefix = true
        }
        while !isPhrase, body.last == "*" {
            body.removeLast()
            isPrefix = true
        }
        let words = body.split(whereSeparator: isBlank).filter { $0.contains(where: isOfWords) }
        return words.isEmpty ? nil : Part(words.map { String($0) }, isPrefix: isPrefix)
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace || scalar == "\0" }

    private static func isOfWords(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
}
