import ViewStores

/// The names of everything a store keeps.
///
///     prefix-leftfold-progress      one document: token, log, and the progress of every view
///     prefix-view-7                 the rows of generation 7 of a view
///     prefix-view-7-rows            an alias of it, by which it is written
///     prefix-view                   an alias of the generation that readers are to see
struct IndexNames: Hashable {
    let prefix: String

    var progress: String { "\(prefix)-leftfold-progress" }

    func alias(_ view: String) -> String { "\(prefix)-\(Self.escaped(view))" }

    func index(_ view: String, _ generation: Int64) -> String { "\(alias(view))-\(generation)" }

    /// What rows are written to: gone with the index.
    static func rows(_ index: String) -> String { "\(index)-rows" }

    /// Index names are of small letters: what is neither that, a digit nor `_` is a dot and its two hexadecimal digits.
    static func escaped(_ name: String) -> String {
        var result = ""
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16)
                result += "." + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return result
    }

    /// - Throws: `unsupported` for a prefix that no index can begin with.
    init(prefix: String) throws(StoreError) {
        self.prefix = prefix
        let isAllowed = prefix.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isAllowed, let first = prefix.first, first != "-", first != "_", prefix.utf8.count <= 100 else {
            throw StoreError(
                .unsupported,
                "\"\(prefix)\" cannot be the prefix of an OpenSearch store",
                hint: "write 1 to 100 of a-z, 0-9, _ and -, beginning with a letter or digit"
            )
        }
    }

    /// - Throws: `unsupported` for a view that this store cannot hold.
    func check(_ view: ViewTable) throws(StoreError) {
        guard view.key != nil else {
            throw StoreError(
                .unsupported,
                "view \"\(view.name)\" has no key, and a document stands for one row",
                hint: "name the columns that identify a row: WITH (key = '…')"
            )
        }
        try view.checkKey()
        guard !view.name.isEmpty, alias(view.name).utf8.count <= 230, !view.name.hasPrefix("_leftfold") else {
            throw StoreError(
                .unsupported,
                "view name \"\(view.name)\" is not allowed in an OpenSearch store",
                detail: "the names of its indexes have at most 255 bytes, and _leftfold is Leftfold's own",
                hint: "rename the view"
            )
        }
        var seen: Set<String> = []
        for column in view.columns {
            let isPlain =
                !column.name.hasPrefix("_") && !column.name.contains(".")
                && column.name.contains { !$0.isWhitespace }
            guard isPlain, seen.insert(column.name).inserted else {
                throw StoreError(
                    .unsupported,
                    "column name \"\(column.name)\" is not allowed in an OpenSearch store",
                    detail: "fields are not blank, do not begin with _, have no dot and are there once",
                    hint: "rename the column with AS in the view's SQL"
                )
            }
        }
    }
}
