/// What can go wrong with the files of state. None of it is a loss: state is made again from the log.
public struct StateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why; more codes may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let name: String

        public var description: String { name }

        /// There is no state in the folder, or a file that should be there is not.
        public static let notFound = Code(name: "not found")
        /// Another process has the folder open.
        public static let locked = Code(name: "locked")
        /// The state of another log.
        public static let foreign = Code(name: "foreign")
        /// Made by other rules of evaluation than this version has.
        public static let otherSemantics = Code(name: "other semantics")
        /// Bytes are not what was written.
        public static let corrupt = Code(name: "corrupt")
        /// Written by a newer version of Leftfold.
        public static let newerFormat = Code(name: "newer format")
        /// The file system refused a call.
        public static let io = Code(name: "io")
        /// No space is left, or what state may take is used up; nothing was lost and it can be tried again.
        public static let diskFull = Code(name: "disk full")
    }

    public var code: Code
    /// Postgres style: lower-case, no period.
    public var message: String
    public var detail: String?
    /// The next command to run.
    public var hint: String?
    public var path: String?

    public init(_ code: Code, _ message: String, detail: String? = nil, hint: String? = nil, path: String? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
        self.path = path
    }

    public var description: String { path.map { "\(message): \($0)" } ?? message }
}
