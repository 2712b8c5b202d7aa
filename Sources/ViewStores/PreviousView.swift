/// The version of a view before the present one, kept beside it as a view of its own under a name that no view of a user has.
public enum PreviousView {
    private static let prefix = "_leftfold_previous_"
    /// Views with longer names, in bytes, have no room for another: Postgres cuts names off after 63.
    public static let nameByteMax = 63 - prefix.utf8.count

    /// What the kept version of a view is called; nil when that would be too long.
    public static func name(of view: String) -> String? {
        view.utf8.count <= nameByteMax ? prefix + view : nil
    }

    /// The view whose version before is called so; nil for any other view.
    public static func original(of name: String) -> String? {
        name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }
}
