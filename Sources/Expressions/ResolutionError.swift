/// Why an operator, function, cast or literal of a query has no meaning here: Postgres's message, or what Leftfold refuses and why.
public struct ResolutionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong; the raw value is Postgres's SQLSTATE.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public var rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let undefinedFunction = Code(rawValue: "42883")
        public static let ambiguousFunction = Code(rawValue: "42725")
        public static let cannotCoerce = Code(rawValue: "42846")
        public static let datatypeMismatch = Code(rawValue: "42804")
        public static let indeterminateCollation = Code(rawValue: "42P22")
        public static let collationMismatch = Code(rawValue: "42P21")
        public static let invalidParameterValue = Code(rawValue: "22023")
        /// A literal that is not a value of its type.
        public static let invalidLiteral = Code(rawValue: "22P02")
        /// Postgres would accept it, Leftfold does not.
        public static let notSupported = Code(rawValue: "0A000")
    }

    public var code: Code
    /// One sentence in Postgres's style: lowercase, no period.
    public var message: String
    public var detail: String?
    /// What to do.
    public var hint: String?

    public init(code: Code, message: String, detail: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
    }

    public var description: String { message }

    static func notSupported(_ message: String, detail: String? = nil, hint: String? = nil) -> ResolutionError {
        ResolutionError(code: .notSupported, message: message, detail: detail, hint: hint)
    }
}
