import Relational

/// What the system catalog of PostgreSQL 15 says of types, operators, functions and casts, as far as resolution needs it.
///
/// The texts hold whole families, including members that Leftfold cannot run: leaving one out would let the resolver choose an
/// operator that Postgres would not. A test compares them with a live server's catalog.
enum PostgresCatalog {
    /// One row of `pg_type`.
    struct TypeEntry {
        /// `typname`, the name used in these tables.
        var name: String
        var oid: TypeOID
        /// `typcategory`.
        var category: Character
        var isPreferred: Bool
        /// The element type's OID of an array type, else 0.
        var element: TypeOID
        /// The name that `format_type` prints.
        var displayName: String
    }

    /// One row of `pg_operator` or `pg_proc`: something that can be called.
    struct Candidate {
        var parameters: [String]
        var result: String
        /// The C function, or `-` for one written in SQL.
        var source: String
    }

    /// One row of `pg_cast`.
    struct CastEntry {
        var context: CastContext
        /// No bits change.
        var isBinary: Bool
        var source: String
    }

    struct CastKey: Hashable {
        var source: String
        var target: String
    }

    static let types: [TypeEntry] = entries(of: typeText).map { entry in
        let fields = entry.split(separator: "|", omittingEmptySubsequences: false)
        return TypeEntry(
            name: String(fields[0]),
            oid: TypeOID(UInt32(fields[1]) ?? 0),
            category: fields[2].first ?? "U",
            isPreferred: fields[2].hasSuffix("!"),
            element: TypeOID(UInt32(fields[3]) ?? 0),
            displayName: String(fields[4])
        )
    }

    static let typesByOID = Dictionary(types.map { ($0.oid, $0) }, uniquingKeysWith: { first, _ in first })
    static let typesByName = Dictionary(types.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    static let operators: [String: [Candidate]] = sections(of: operatorText, keyword: "operator ") { entry in
        let fields = entry.split(separator: " ").map(String.init)
        return Candidate(
            parameters: fields[0] == "-" ? [fields[1]] : [fields[0], fields[1]],
            result: fields[2],
            source: fields[3]
        )
    }

    static let functions: [String: [Candidate]] = sections(of: functionText, keyword: "function ") { entry in
        let fields = entry.split(separator: " ").map(String.init)
        return Candidate(
            parameters: fields[0].split(separator: ",").map(String.init),
            result: fields[1],
            source: fields[2]
        )
    }

    /// Parameters are empty for `count(*)`.
    static let aggregates: [String: [Candidate]] = sections(of: aggregateText, keyword: "aggregate ") { entry in
        let fields = entry.split(separator: " ").map(String.init)
        return Candidate(
            parameters: fields[0] == "-" ? [] : fields[0].split(separator: ",").map(String.init),
            result: fields[1],
            source: fields[2]
        )
    }

    static let casts: [CastKey: CastEntry] = Dictionary(
        entries(of: castText).map { entry in
            let fields = entry.split(separator: " ").map(String.init)
            let context: CastContext =
                switch fields[2].first {
                case "i": .implicit
                case "a": .assignment
                default: .explicit
                }
            return (
                CastKey(source: fields[0], target: fields[1]),
                CastEntry(context: context, isBinary: fields[2].hasSuffix("b"), source: fields[3])
            )
        },
        uniquingKeysWith: { first, _ in first }
    )

    private static func entries(of text: String) -> [Substring] {
        text.split(whereSeparator: { $0 == ";" || $0 == "\n" }).map { $0.drop(while: { $0 == " " }) }
    }

    private static func sections(
        of text: String,
        keyword: String,
        parse: (Substring) -> Candidate
    ) -> [String: [Candidate]] {
        var result: [String: [Candidate]] = [:]
        var name = ""
        for entry in entries(of: text) {
            if entry.hasPrefix(keyword) {
                name = String(entry.dropFirst(keyword.count))
            } else {
                result[name, default: []].append(parse(entry))
            }
        }
        return result
    }
}

/// When a cast may happen (`pg_cast.castcontext`).
public enum CastContext: Int, Hashable, Sendable, Comparable {
    /// Anywhere in an expression, without being asked for.
    case implicit = 0
    /// When a value is stored in a column.
    case assignment = 1
    /// Only by CAST or `::`.
    case explicit = 2

    public static func < (left: CastContext, right: CastContext) -> Bool { left.rawValue < right.rawValue }
}
