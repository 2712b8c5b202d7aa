/// Names and values written into SQL text.
public enum SQLText {
    /// A quoted identifier.
    public static func identifier(_ name: String) -> String { "\"" + doubled(name, "\"") + "\"" }

    /// A string literal that reads the same under any setting of `standard_conforming_strings`.
    public static func literal(_ text: String) -> String {
        text.contains("\\") ? " E'" + doubled(doubled(text, "'"), "\\") + "'" : plainLiteral(text)
    }

    /// A string literal in the grammar of replication commands, which knows no escapes.
    static func plainLiteral(_ text: String) -> String { "'" + doubled(text, "'") + "'" }

    /// By scalars: a quote with an accent after it is another character, and still a quote to the server.
    private static func doubled(_ text: String, _ scalar: Unicode.Scalar) -> String {
        var result = String.UnicodeScalarView()
        for next in text.unicodeScalars {
            result.append(next)
            if next == scalar { result.append(next) }
        }
        return String(result)
    }
}
