/// One finding about the server, before or while it is followed.
public struct DoctorCheck: Hashable, Sendable {
    /// How bad it is.
    public enum Severity: String, Sendable, Codable {
        case ok
        /// It works as it was asked for, and is good to know.
        case note
        /// It works and will surprise.
        case warning
        /// Following does not start, or would break the application's own writes.
        case problem
    }

    /// What was looked at, for example `wal_level` or `table public.orders`.
    public var name: String
    /// How bad it is.
    public var severity: Severity
    /// One sentence, lowercase, without a period.
    public var message: String
    /// The exact SQL or command that removes it.
    public var fix: String?

    /// Makes a finding.
    public init(_ name: String, _ severity: Severity, _ message: String, fix: String? = nil) {
        self.name = name
        self.severity = severity
        self.message = message
        self.fix = fix
    }
}
