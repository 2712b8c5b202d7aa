/// What can go wrong in a store.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// Why; more codes may come.
    public struct Code: Hashable, Sendable {
        let name: String

        /// The store cannot be reached or opened.
        public static let unavailable = Code(name: "unavailable")
        /// Rows of another log, or another owner with a newer fencing token.
        public static let foreign = Code(name: "foreign")
        /// A delta contradicts the rows that are there.
        public static let inconsistent = Code(name: "inconsistent")
        /// Something that Leftfold did not make has a view's name.
        public static let nameTaken = Code(name: "name_taken")
        /// A name, type or value that this store cannot hold.
        public static let unsupported = Code(name: "unsupported")
        /// Rows that were to be written cannot be read from the fold's files any more.
        public static let rowsLost = Code(name: "rows_lost")
        /// The disk is full, the file read-only, or another failure of the engine.
        public static let engine = Code(name: "engine")
    }

    /// The kind of error, for programs.
    public var code: Code
    /// Postgres style: lower-case, no period.
    public var message: String
    /// What exactly was found, where that helps.
    public var detail: String?
    /// The next command to run.
    public var hint: String?
    /// The view at fault, where a commit of several found one.
    public var view: String?

    /// An error of a store.
    public init(_ code: Code, _ message: String, detail: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
    }

    /// The message.
    public var description: String { message }
}

extension StoreError {
    /// The rows of a view and what is to be done with them contradict each other.
    public static func inconsistent(_ view: String, _ problem: String, detail: String? = nil) -> StoreError {
        StoreError(
            .inconsistent,
            "view \"\(view)\": \(problem)",
            detail: detail,
            hint: "leftfold rebuild \(view)"
        )
    }

    /// The rows to be written into a view are lost; the log has them.
    public static func rowsLost(_ view: String, _ problem: String) -> StoreError {
        StoreError(
            .rowsLost,
            "view \"\(view)\": its rows cannot be written",
            detail: problem,
            hint: "leftfold rebuild \(view)"
        )
    }

    /// The rows of a view cannot be taken over for another definition.
    public static func otherRows(of view: ViewTable) -> StoreError {
        StoreError(
            .unsupported,
            "view \"\(view.name)\": its rows cannot be taken over for another definition",
            hint: "leftfold rebuild \(view.name)"
        )
    }
}
