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

    private static func doubled(_ text: String, _ character: Character) -> String {
        text.reduce(into: "") { result, next in
            result.append(next)
            if next == character { result.append(next) }
        }
    }
}
