public import Relational

/// What every store refuses, in the same words.
extension StoreError {
    /// A transaction was started inside another.
    public static let openTransaction = StoreError(.inconsistent, "a transaction of the store is already open")

    /// Something that belongs into a transaction came without one.
    public static let noTransaction = StoreError(.inconsistent, "no transaction of the store is open")

    /// Rows were to be written by somebody who has not claimed the store.
    public static func notClaimed(_ location: String) -> StoreError {
        StoreError(.foreign, "\(location) is not claimed", hint: "claim the store first")
    }

    /// A later owner fences this one.
    public static func fenced(_ location: String, by token: Int64, after own: Int64, hint: String) -> StoreError {
        StoreError(
            .foreign,
            "\(location) has another owner",
            detail: "token \(token) came after \(own)",
            hint: "stop the other process, or give this one \(hint)"
        )
    }

    /// The store does not hold the view.
    public static func noView(_ view: String, in location: String) -> StoreError {
        .inconsistent(view, "there is no such view in \(location)")
    }

    /// The store holds no such view whose words can be found.
    public static func noSearchView(_ view: String, in location: String) -> StoreError {
        StoreError(
            .unsupported,
            "\(location) has no search view \"\(view)\"",
            hint: "write it with USING search, then: leftfold apply; what is there: leftfold status"
        )
    }
}

extension ViewTable {
    /// - Throws: `unsupported` for a key that is not of columns of the view, each once.
    public func checkKey() throws(StoreError) {
        guard let key else { return }
        guard !columns.isEmpty, Set(key).count == key.count, key.allSatisfy(columns.indices.contains) else {
            throw StoreError(.unsupported, "the key of view \"\(name)\" does not name columns of it")
        }
    }

    /// - Throws: `inconsistent` for a row that cannot be one of a new generation.
    public func checkWeights(_ rows: borrowing ZSet) throws(StoreError) {
        for index in 0..<rows.count where rows.weight(at: index) <= 0 {
            throw .inconsistent(name, "a row of a new generation has weight \(rows.weight(at: index))")
        }
    }

    /// - Throws: `inconsistent` for a row with NULL in one of these columns.
    @inlinable
    public func checkValues(_ row: RowView, in notNull: [Int]) throws(StoreError) {
        for column in notNull where row.isNull(column) {
            throw .inconsistent(name, "a row has NULL in column \"\(columns[column].name)\"")
        }
    }
}
