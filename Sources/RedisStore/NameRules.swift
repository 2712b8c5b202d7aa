import ViewStores

/// What a view may be like in a Redis store.
enum NameRules {
    static func check(_ view: ViewTable) throws(StoreError) {
        guard !view.name.isEmpty, !view.name.hasPrefix(KeyNames.reserved) else {
            throw StoreError(
                .unsupported,
                "view name \"\(view.name)\" is not allowed in a Redis store",
                detail: "names that start with _leftfold are Leftfold's own",
                hint: "rename the view"
            )
        }
        var seen: Set<String> = []
        for column in view.columns {
            guard !column.name.hasPrefix(KeyNames.reserved) else {
                throw StoreError(
                    .unsupported,
                    "column name \"\(column.name)\" is not allowed in a Redis store",
                    detail: "names that start with _leftfold are Leftfold's own",
                    hint: "rename the column with AS in the view's SQL"
                )
            }
            guard seen.insert(column.name).inserted else {
                throw StoreError(
                    .unsupported,
                    "view \"\(view.name)\" has two columns \"\(column.name)\"",
                    hint: "rename one of them with AS in the view's SQL"
                )
            }
        }
        try view.checkKey()
        if view.key == nil, try CacheForm(view).isHash {
            throw StoreError(
                .unsupported,
                "view \"\(view.name)\" has no key, and a hash stands for one row",
                hint: "name the columns that identify a row: WITH (key = '…')"
            )
        }
    }
}
