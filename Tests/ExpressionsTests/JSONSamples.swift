import Relational
import TestSupport

/// Values that go into JSON documents: those of `SampleValues`, types carried as text, arrays, and random documents.
enum JSONSamples {
    static let json = ScalarType(oid: .json, name: "json")

    static let types: [ScalarType] =
        SampleValues.types + [json, .jsonb] + carried.map { ScalarType(oid: TypeOID($0.oid), name: $0.name) }

    /// A value as Postgres prints it, or nil for NULL.
    static func value(of type: ScalarType, _ random: inout SeededGenerator) -> String? {
        if Int.random(in: 0..<12, using: &random) == 0 { return nil }
        if type.oid == .json { return document(depth: 2, &random) }
        if type.oid == .jsonb { return canonical.randomElement(using: &random) }
        if let entry = carried.first(where: { $0.oid == type.oid.rawValue }) {
            return entry.values.randomElement(using: &random)
        }
        return SampleValues.value(of: type, &random)
    }

    private static let canonical = [
        "{}", "[]", "null", "\"\"", "12.50", "{\"a\": 1, \"b\": [1, null, {\"c\": \"é\"}]}", "[true, \"x\\ny\"]",
    ]

    private static let carried: [(oid: UInt32, name: String, values: [String])] = [
        (1186, "interval", ["1 day 01:00:00", "-3 mons", "00:00:00", "1 year 2 mons 3 days 04:05:06.789"]),
        (1083, "time without time zone", ["10:00:00", "23:59:59.5"]),
        (1266, "time with time zone", ["10:00:00+02"]),
        (1042, "bpchar", ["ab   ", "", "\"x\""]),
        (869, "inet", ["10.0.0.1/24", "::1"]),
        (600, "point", ["(1,-1.5)"]),
        (3904, "int4range", ["[1,5)", "empty"]),
        (790, "money", ["$12.00", "-$0.50"]),
        (26, "oid", ["5", "4294967295"]),
        (3614, "tsvector", ["'cat' 'fat':2"]),
        (1000, "boolean[]", ["{t,f,NULL}", "{}"]),
        (1007, "integer[]", ["{1,NULL,3}", "{{1,2},{3,4}}", "{}", "[2:3]={5,6}", "[0:0][-1:0]={{7,8}}"]),
        (1022, "double precision[]", ["{1.5,NaN,-Infinity,1e+100,-0}"]),
        (1231, "numeric[]", ["{1.50,NaN,0.00,-3}", "{12345678901234567890.123}"]),
        (
            1009, "text[]",
            [
                "{a,NULL,\"NULL\",\"\",\"a b\",\"\\\"\",\"\\\\\",\"{\",\",\"}", "{é,\"😀 x\"}", "{{a,b},{NULL,\"c d\"}}",
                "{\"\n\"}",
            ]
        ),
        (1001, "bytea[]", ["{\"\\\\x00ff\",NULL}"]),
        (1115, "timestamp without time zone[]", ["{\"2024-05-31 10:00:00.5\",infinity}"]),
        (1185, "timestamp with time zone[]", ["{\"2024-05-31 10:00:00+00\",\"0044-03-15 12:00:00+00 BC\",-infinity}"]),
        (1182, "date[]", ["{2024-05-31,infinity}"]),
        (199, "json[]", ["{\"{\\\"a\\\":  1.0e2, \\\"a\\\": null}\",NULL,1}"]),
        (3807, "jsonb[]", ["{\"{\\\"a\\\": 1}\",NULL,1}"]),
        (2951, "uuid[]", ["{00000000-0000-0000-0000-000000000000}"]),
    ]

    // MARK: Documents

    /// A JSON text with odd blanks, escapes, numbers and keys that are there twice.
    static func document(depth: Int, _ random: inout SeededGenerator) -> String {
        blank(&random) + bare(depth: depth, &random) + blank(&random)
    }

    private static func bare(depth: Int, _ random: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &random) {
        case 0: return ["true", "false", "null"].randomElement(using: &random)!
        case 1, 2: return numbers.randomElement(using: &random)!
        case 3, 4, 5: return string(&random)
        case 6, 7:
            let items = (0..<Int.random(in: 0...3, using: &random)).map { _ in document(depth: depth - 1, &random) }
            return "[\(items.isEmpty ? blank(&random) : items.joined(separator: ","))]"
        default:
            let members = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                "\(blank(&random))\(string(&random))\(blank(&random)):\(document(depth: depth - 1, &random))"
            }
            return "{\(members.isEmpty ? blank(&random) : members.joined(separator: ","))}"
        }
    }

    private static func blank(_ random: inout SeededGenerator) -> String {
        ["", "", "", " ", "\n", "\t "].randomElement(using: &random)!
    }

    private static func string(_ random: inout SeededGenerator) -> String {
        "\"" + (0..<Int.random(in: 0...2, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
            + "\""
    }

    private static let pieces = [
        "a", "b", "ab", "A", "é", "😀", "\\n", "\\t", "\\\"", "\\\\", "\\/", "/", "\\u0041", "\\u00e9", "\\u0001", "\\b",
        "\\f", "\\r", "\\ud83d\\ude00", "\u{7f}", " ", "\\u0022", "\\uD83D\\uDE00", "a", "b", "c", "a", "b", "c",
        "\\u0000", "\\ud83d",
    ]

    private static let numbers = [
        "0", "-0", "1", "-1", "1.0", "1.50", "-0.00", "1e3", "1E+2", "1.0e2", "120e-5", "-1.20E-5", "0.1e1", "1e20",
        "123456789012345678901234567890.5", "0e5", "-0e3",
    ]
}
