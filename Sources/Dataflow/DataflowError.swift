public import Relational

/// What stops a view of a circuit, or the circuit.
public struct DataflowError: Error, Sendable, CustomStringConvertible {
    /// Why; more codes may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        let name: String

        public var description: String { name }

        /// An insert of a key that is there.
        public static let duplicateKey = Code(name: "duplicateKey")
        /// An update or delete of a row that is not there.
        public static let missingRow = Code(name: "missingRow")
        /// An update or delete without the old row that a relation without a key needs.
        public static let missingOldRow = Code(name: "missingOldRow")
        /// A row would stand in a relation or view less than zero times.
        public static let negativeWeight = Code(name: "negativeWeight")
        /// A weight or a count beyond Int64.
        public static let weightOverflow = Code(name: "weightOverflow")
        /// The table was rewritten, or lost or retyped a column that a view reads.
        public static let schemaChanged = Code(name: "schemaChanged")
        /// A record under a schema that was never defined.
        public static let unknownSchema = Code(name: "unknownSchema")
        /// A plan that reads a relation without a schema, or is not well formed.
        public static let invalidPlan = Code(name: "invalidPlan")
        /// State beyond what one arrangement can address.
        public static let stateTooLarge = Code(name: "stateTooLarge")
        /// An arrangement's files cannot be read or written.
        public static let storage = Code(name: "storage")
    }

    /// The log holds rows of before the change, so folding it again cannot help: the tables have to be read anew.
    static let reloadHint = "leftfold destroy --delete-data && leftfold run"

    public var code: Code
    /// Postgres style: lower-case, no period.
    public var message: String
    public var detail: String?
    /// The next command to run.
    public var hint: String?
    /// The relation whose records contradict each other, if it is one's fault.
    public var relation: QualifiedName?
    public var underlying: (any Error)?

    public init(
        _ code: Code,
        _ message: String,
        detail: String? = nil,
        hint: String? = nil,
        relation: QualifiedName? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
        self.relation = relation
        self.underlying = underlying
    }

    public var description: String { message }
}
