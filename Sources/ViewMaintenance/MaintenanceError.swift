import ViewStores

/// What can go wrong while views are kept up to date.
public struct MaintenanceError: Error, Sendable, CustomStringConvertible {
    /// Why; more codes may come.
    public struct Code: Hashable, Sendable {
        public let name: String

        /// A view's definition cannot be compiled against the tables in the log.
        public static let definition = Code(name: "definition")
        /// No view, store or table of that name.
        public static let unknownName = Code(name: "unknown_name")
        /// Something that a relation or view of this kind does not allow.
        public static let refused = Code(name: "refused")
        /// A store failed or contradicts the log.
        public static let store = Code(name: "store")
        /// A view's rows cannot be computed: an operator failed, or a table was rewritten.
        public static let fold = Code(name: "fold")
        /// A store cannot be reached now.
        public static let unreachable = Code(name: "unreachable")
        /// The log is not where it has to be.
        public static let log = Code(name: "log")
        /// The time given is over.
        public static let timeout = Code(name: "timeout")
        /// The daemon is on its way out.
        public static let stopping = Code(name: "stopping")
    }

    public var code: Code
    /// Postgres style: lower-case, no period.
    public var message: String
    public var detail: String?
    /// The next command to run.
    public var hint: String?

    public init(_ code: Code, _ message: String, detail: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
    }

    public var description: String { message }
}

extension MaintenanceError {
    /// A store failed and nobody waits for it.
    init(givenUp failure: StoreFailure) {
        self.init(
            failure.error.code == .unavailable ? .unreachable : .store,
            "store \(failure.store): \(failure.error.message)",
            detail: failure.error.detail,
            hint: failure.error.hint
        )
    }
}
