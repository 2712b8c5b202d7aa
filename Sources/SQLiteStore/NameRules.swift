import ViewStores

/// What a view and its columns may be called in an SQLite store. SQLite ignores the case of ASCII letters in names.
enum NameRules {
    /// Names that start so are Leftfold's own.
    static let reservedPrefix = "_leftfold"
    /// A generation that is not published yet.
    static let shadowPrefix = "_leftfold_new_"

    /// As SQLite compares names.
    static func folded(_ name: String) -> String {
        String(
            decoding: name.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 },
            as: UTF8.self
        )
    }

    static func check(_ view: ViewTable) throws(StoreError) {
        try check(PreviousView.original(of: view.name) ?? view.name, what: "view")
        guard !folded(view.name).hasPrefix("sqlite_") else {
            throw unsupported(view.name, "SQLite keeps names that start with sqlite_ for itself", rename: "view")
        }
        var seen: [String: String] = [:]
        for column in view.columns {
            try check(column.name, what: "column")
            if let other = seen.updateValue(column.name, forKey: folded(column.name)) {
                throw StoreError(
                    .unsupported,
                    "columns \"\(other)\" and \"\(column.name)\" of view \"\(view.name)\" are one name in SQLite",
                    detail: "SQLite ignores the case of letters in names",
                    hint: "rename one of them with AS in the view's SQL"
                )
            }
        }
        guard view.columns.count <= 1600 else {
            throw StoreError(.unsupported, "view \"\(view.name)\" has \(view.columns.count) columns; 1600 is the limit")
        }
        try view.checkKey()
    }

    private static func check(_ name: String, what: String) throws(StoreError) {
        guard !name.isEmpty, !name.utf8.contains(0) else {
            throw unsupported(name, "a name is at least one character and has no zero byte", rename: what)
        }
        guard !folded(name).hasPrefix(reservedPrefix) else {
            throw unsupported(name, "names that start with _leftfold are Leftfold's own", rename: what)
        }
    }

    private static func unsupported(_ name: String, _ why: String, rename what: String) -> StoreError {
        StoreError(
            .unsupported,
            "\(what) name \"\(name)\" is not allowed in an SQLite store",
            detail: why,
            hint: what == "view" ? "rename the view" : "rename the column with AS in the view's SQL"
        )
    }
}
