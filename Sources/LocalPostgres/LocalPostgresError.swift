/// A server that could not be found, made or started.
public struct LocalPostgresError: Error, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable {
        case binariesMissing
        case userMissing
        case folder
        case initdbFailed
        case startFailed
        case commandFailed
    }

    /// What went wrong.
    public var code: Code
    /// One sentence, lowercase, without a period.
    public var message: String
    /// The end of the program's own output.
    public var detail: String?
    /// The next command to run.
    public var hint: String?

    init(_ code: Code, _ message: String, detail: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
    }

    /// Message, detail and hint as a person reads them.
    public var description: String {
        var text = message
        if let detail, !detail.isEmpty { text += "\n\(detail)" }
        if let hint { text += "\nhint: \(hint)" }
        return text
    }
}
