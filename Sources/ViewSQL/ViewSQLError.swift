/// Why a view's SQL cannot be compiled, with its place in the file.
public struct ViewSQLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong; the raw value is Postgres's SQLSTATE.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public var rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let syntaxError = Code(rawValue: "42601")
        /// Postgres would accept it, Leftfold does not.
        public static let notSupported = Code(rawValue: "0A000")
        public static let undefinedColumn = Code(rawValue: "42703")
        public static let undefinedTable = Code(rawValue: "42P01")
        public static let undefinedObject = Code(rawValue: "42704")
        public static let ambiguousColumn = Code(rawValue: "42702")
        public static let ambiguousAlias = Code(rawValue: "42P09")
        public static let duplicateAlias = Code(rawValue: "42712")
        public static let duplicateColumn = Code(rawValue: "42701")
        public static let duplicateView = Code(rawValue: "42P07")
        public static let groupingError = Code(rawValue: "42803")
        public static let datatypeMismatch = Code(rawValue: "42804")
        public static let invalidColumnReference = Code(rawValue: "42P10")
        public static let invalidDefinition = Code(rawValue: "42P17")
        public static let invalidParameterValue = Code(rawValue: "22023")
        public static let characterNotInRepertoire = Code(rawValue: "22021")
        /// Too long or too deep.
        public static let statementTooComplex = Code(rawValue: "54001")
        /// Two views that read each other, or a view that reads one with an error.
        public static let unusableDependency = Code(rawValue: "55000")
    }

    public var code: Code
    /// One sentence in Postgres's style: lowercase, no period.
    public var message: String
    public var detail: String?
    /// What to do or to write instead.
    public var hint: String?
    public var file: String
    /// From 1; nil when the error is of the file as a whole.
    public var line: Int?
    /// From 1, in characters of the line (Unicode scalars, as Postgres counts).
    public var column: Int?
    /// The line with a caret below the place, as `psql` shows it; nil without a place.
    public var excerpt: String?

    public init(
        code: Code,
        message: String,
        detail: String? = nil,
        hint: String? = nil,
        file: String,
        line: Int? = nil,
        column: Int? = nil,
        excerpt: String? = nil
    ) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
        self.file = file
        self.line = line
        self.column = column
        self.excerpt = excerpt
    }

    /// Everything, over several lines, for a terminal.
    public var description: String {
        var place = file
        if let line, let column { place += ":\(line):\(column)" }
        var text = "\(place): \(message)"
        if let excerpt { text += "\n" + excerpt }
        if let detail { text += "\nDETAIL:  " + detail }
        if let hint { text += "\nHINT:  " + hint }
        return text
    }
}
