import ViewStores

/// How the rows of a view are kept: the `format` and `ttl` of its definition.
struct CacheForm: Hashable {
    /// Each row is a hash, its fields the columns in Postgres's text; else a JSON document.
    var isHash = false
    /// Milliseconds that a row lives after it was written; 0 for as long as the view has it.
    var ttl: Int64 = 0

    /// - Throws: `unsupported` for a format or time that is not known.
    init(_ view: ViewTable) throws(StoreError) {
        switch view.options["format"] {
        case nil, "json": break
        case "hash": isHash = true
        case let other?:
            throw StoreError(
                .unsupported,
                "format \"\(other)\" of view \"\(view.name)\" is not known",
                hint: "write format = 'json' or format = 'hash'"
            )
        }
        guard let written = view.options["ttl"] else { return }
        guard let milliseconds = Self.milliseconds(written) else {
            throw StoreError(
                .unsupported,
                "ttl \"\(written)\" of view \"\(view.name)\" is not a time",
                hint: "write e.g. ttl = '90s', '15m', '1h' or '7d'"
            )
        }
        ttl = milliseconds
    }

    /// `90s`, `15m`, `1h`, `7d` in milliseconds; nil for anything else.
    static func milliseconds(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let last = text.last, let unit = units[last], let count = Int64(text.dropLast()), count > 0,
            text.first != "+"
        else { return nil }
        let (product, isTooLarge) = count.multipliedReportingOverflow(by: unit)
        return isTooLarge || product > 10 * 365 * units["d", default: 0] ? nil : product
    }

    /// As it stands in the store.
    var description: String { "\(isHash ? "hash" : "json") \(ttl)" }
}
