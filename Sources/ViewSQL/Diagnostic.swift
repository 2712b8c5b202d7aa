import Expressions

/// An error while a statement is compiled, with its byte offset in the statement; `SourceText` turns it into a `ViewSQLError`.
struct Diagnostic: Error, Hashable {
    var code: ViewSQLError.Code
    var message: String
    var detail: String?
    var hint: String?
    /// UTF-8 offset in the statement; nil when the whole statement is meant.
    var location: Int?

    init(
        _ code: ViewSQLError.Code,
        _ message: String,
        detail: String? = nil,
        hint: String? = nil,
        at location: Int?
    ) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
        self.location = location
    }

    /// What the catalog refused, at the place of the call.
    init(_ error: ResolutionError, at location: Int?) {
        self.init(
            ViewSQLError.Code(rawValue: error.code.rawValue),
            error.message,
            detail: error.detail,
            hint: error.hint,
            at: location
        )
    }
}

/// Runs a call of the catalog; what it refuses is reported at `location`.
func resolving<Result>(
    at location: Int?,
    _ body: () throws(ResolutionError) -> Result
) throws(Diagnostic) -> Result {
    do {
        return try body()
    } catch {
        throw Diagnostic(error, at: location)
    }
}
