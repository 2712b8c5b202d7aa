/// What a view is to its readers: the word after USING in its definition.
public enum ViewKind: String, Hashable, Sendable {
    /// Rows in a table; what a view without USING is.
    case table
    /// A full-text index over its text columns.
    case search
    /// A document for every key.
    case cache
}
