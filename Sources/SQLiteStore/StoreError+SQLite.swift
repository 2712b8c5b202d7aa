import SQLiteDatabase
import ViewStores

extension StoreError {
    /// An error of the engine while `action` was done; the hint of SQLite's error is kept.
    init(_ error: SQLiteError, while action: String) {
        let detail = "\(error) (SQLite code \(error.extendedCode))"
        switch error.code {
        case .busy, .locked:
            self.init(
                .unavailable,
                "\(error.path) is locked by another writer while \(action)",
                detail: detail,
                hint: error.hint
            )
        case .cannotOpen, .permission:
            self.init(.unavailable, "cannot open \(error.path)", detail: detail, hint: error.hint)
        case .notADatabase:
            self.init(.unavailable, "\(error.path) is not an SQLite database", detail: detail, hint: error.hint)
        case .readOnly:
            self.init(.engine, "\(error.path) is read-only while \(action)", detail: detail, hint: error.hint)
        case .full:
            self.init(.engine, "the disk of \(error.path) is full while \(action)", detail: detail, hint: error.hint)
        case .corrupt:
            self.init(.engine, "\(error.path) is damaged", detail: detail, hint: error.hint)
        default: self.init(.engine, "\(error.message) while \(action)", detail: detail, hint: error.hint)
        }
    }

    /// An error while rows of a view were written.
    init(_ error: SQLiteError, writing view: String) {
        switch error.code {
        case .constraint:
            self = .inconsistent(view, "a row breaks its constraints", detail: error.message)
        case .tooBig:
            self.init(
                .unsupported,
                "a value or row of view \"\(view)\" is larger than SQLite allows",
                detail: error.message
            )
        case .error, .mismatch:
            self = .inconsistent(view, "its table is not as it was made", detail: error.message)
        default: self.init(error, while: "view \"\(view)\" was written")
        }
    }
}

/// Runs `body`, giving SQLite's errors the store's form.
@inline(__always)
func storing<Result>(
    _ action: @autoclosure () -> String,
    _ body: () throws(SQLiteError) -> Result
) throws(StoreError) -> Result {
    do { return try body() } catch { throw StoreError(error, while: action()) }
}
