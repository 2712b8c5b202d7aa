public import Relational
public import ViewPlan

/// Turns the views folder into definitions; handed in, so that this module knows no SQL.
public protocol ViewCompiling: Sendable {
    /// Compiles every file against the tables given. A file that does not compile has its reason, the others their definition.
    ///
    /// - Throws: when the folder cannot be read.
    func compile(_ relations: [RelationSchema]) throws -> [CompiledView]

    /// Compiles the statements of the views that ran last, as `applied` noted them.
    func compileApplied(_ relations: [RelationSchema]) throws -> [CompiledView]

    /// Compiles the versions before that are kept as views, as `applied` noted them, each in the place of its view's file, or of its statement
    /// that ran last. One that does not compile is left out.
    func compilePrevious(_ relations: [RelationSchema], applied: Bool) throws -> [ViewDefinition]

    /// Takes note of the views that run now, kept versions among them (`PreviousView`); `complete` says that there are no others, but for those in `failed`.
    func applied(_ definitions: [ViewDefinition], complete: Bool, failed: Set<String>) throws
}

extension ViewCompiling {
    /// Nothing was noted.
    public func compileApplied(_ relations: [RelationSchema]) throws -> [CompiledView] { [] }
    /// Nothing was kept.
    public func compilePrevious(_ relations: [RelationSchema], applied: Bool) throws -> [ViewDefinition] { [] }
}

/// One file of the views folder.
public struct CompiledView: Sendable {
    /// The view's name, or the file's where the statement cannot be read.
    public var name: String
    public var file: String
    public var result: Result<ViewDefinition, ViewFailure>

    public init(name: String, file: String, result: Result<ViewDefinition, ViewFailure>) {
        self.name = name
        self.file = file
        self.result = result
    }
}

/// Why a view cannot be maintained.
public struct ViewFailure: Error, Sendable, Hashable {
    public var failure: Status.Failure

    public init(_ failure: Status.Failure) { self.failure = failure }
}
