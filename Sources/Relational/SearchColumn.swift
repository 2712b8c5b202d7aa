/// One text column of a search index, with its weight.
///
/// A list of them is written `name 10, "Long Text"`: names as SQL writes them (folded to lower case unless in double quotes), parted
/// by commas, each with a weight above 0 where it is not 1.
public struct SearchColumn: Hashable, Sendable, CustomStringConvertible {
    public var name: String
    /// How much a word found here counts, next to the other columns' weights.
    public var weight: Double

    public static let weightMax = 1_000_000.0

    public init(name: String, weight: Double = 1) {
        self.name = name
        self.weight = weight
    }

    /// Name in double quotes, and weight: what `list(parsing:)` reads.
    public var description: String { "\(QualifiedName.quote(name)) \(weight)" }

    /// What is wrong with a list of columns.
    public struct ParsingError: Error, Hashable, Sendable {
        /// Lower-case, no period.
        public var message: String
    }

    /// The columns of a list; at least one, no name twice.
    public static func list(parsing text: String) throws(ParsingError) -> [SearchColumn] {
        var rest = text.unicodeScalars[...]
        var columns: [SearchColumn] = []
        repeat {
            let column = try parse(&rest)
            if columns.contains(where: { $0.name == column.name }) {
                throw ParsingError(message: "column \"\(column.name)\" appears twice")
            }
            columns.append(column)
            skipSpace(&rest)
        } while take(",", from: &rest)
        guard rest.isEmpty else { throw ParsingError(message: "a comma is missing before \"\(Substring(rest))\"") }
        return columns
    }

    private static func parse(_ rest: inout Substring.UnicodeScalarView) throws(ParsingError) -> SearchColumn {
        skipSpace(&rest)
        var column = SearchColumn(name: take("\"", from: &rest) ? try quotedName(&rest) : try name(&rest))
        skipSpace(&rest)
        let digits = Substring(rest.prefix { $0 != "," && !$0.properties.isWhitespace })
        guard !digits.isEmpty else { return column }
        let isNumber = digits.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        guard isNumber, let weight = Double(digits), weight > 0, weight <= weightMax else {
            throw ParsingError(message: "\"\(digits)\" is no weight of column \"\(column.name)\"")
        }
        column.weight = weight
        rest = rest.dropFirst(digits.unicodeScalars.count)
        return column
    }

    private static func name(_ rest: inout Substring.UnicodeScalarView) throws(ParsingError) -> String {
        let word = rest.prefix { $0 != "," && $0 != "\"" && !$0.properties.isWhitespace }
        guard !word.isEmpty else { throw ParsingError(message: "a column's name is empty") }
        rest = rest.dropFirst(word.count)
        return Substring(word).lowercased()
    }

    private static func quotedName(_ rest: inout Substring.UnicodeScalarView) throws(ParsingError) -> String {
        var name = String.UnicodeScalarView()
        while let next = rest.popFirst() {
            if next == "\"", !take("\"", from: &rest) {
                if name.isEmpty { throw ParsingError(message: "a column's name is empty") }
                return String(name)
            }
            name.append(next)
        }
        throw ParsingError(message: "a quoted name has no end")
    }

    private static func take(_ scalar: Unicode.Scalar, from rest: inout Substring.UnicodeScalarView) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }

    private static func skipSpace(_ rest: inout Substring.UnicodeScalarView) {
        rest = rest.drop(while: \.properties.isWhitespace)
    }
}

extension ScalarType {
    /// Whether a search index can have the words of its values.
    public var isText: Bool { oid == .text || oid == .varchar || oid == .bpchar }
}
