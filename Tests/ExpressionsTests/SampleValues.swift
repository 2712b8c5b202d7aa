import Relational
import TestSupport

/// Values of each type, as Postgres prints them: the edges that code goes wrong at, and random ones between.
enum SampleValues {
    static let types: [ScalarType] = [
        .bool, .int2, .int4, .int8, .float4, .float8, .numeric, text, varchar, .bytea, .uuid, .date, .timestamp,
        .timestamptz,
    ]

    /// The collation of the throwaway server's databases.
    static let collation = Collation(name: "C.UTF-8", isByteOrder: true)
    static let text = ScalarType(oid: .text, name: "text", collation: collation)
    static let varchar = ScalarType(oid: .varchar, name: "character varying", collation: collation)

    static func type(named name: String) -> ScalarType? {
        if name == "character" { return ScalarType(oid: .bpchar, name: "character", collation: collation) }
        return types.first { $0.name == name }
    }

    /// A value, or nil for NULL.
    static func value(of type: ScalarType, _ random: inout SeededGenerator) -> String? {
        if Int.random(in: 0..<12, using: &random) == 0 { return nil }
        if let edges = edges[type.name], Int.random(in: 0..<5, using: &random) < 3 {
            return edges.randomElement(using: &random)
        }
        return randomValue(of: type, &random)
    }

    private static func randomValue(of type: ScalarType, _ random: inout SeededGenerator) -> String {
        let bits = random.next()
        switch type.oid {
        case .bool: return bits & 1 == 0 ? "t" : "f"
        case .int2: return "\(Int16(truncatingIfNeeded: bits) >> (bits >> 60))"
        case .int4: return "\(Int32(truncatingIfNeeded: bits) >> (bits >> 59))"
        case .int8: return "\(Int64(truncatingIfNeeded: bits) >> (bits >> 58 & 63))"
        case .float4: return "\(Float(Int16(truncatingIfNeeded: bits)) / Float(1 << (bits >> 60)))"
        case .float8: return "\(Double(Int32(truncatingIfNeeded: bits)) / Double(1 << (bits >> 59)))"
        case .numeric: return numeric(&random)
        case .bytea: return "\\x" + (0..<Int(bits % 6)).map { _ in hexByte(&random) }.joined()
        case .uuid: return uuid(&random)
        case .date: return date(bits)
        case .timestamp: return date(bits) + " " + time(bits >> 20)
        case .timestamptz: return date(bits) + " " + time(bits >> 20) + "+00"
        default: return (0..<Int(bits % 7)).map { _ in letters.randomElement(using: &random) ?? "a" }.joined()
        }
    }

    private static func numeric(_ random: inout SeededGenerator) -> String {
        let digits = Int.random(in: 1...(Int.random(in: 0..<6, using: &random) == 0 ? 45 : 12), using: &random)
        var text = (0..<digits).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
        while text.count > 1, text.hasPrefix("0") { text.removeFirst() }
        let scale = Int.random(in: 0...8, using: &random)
        if scale > 0 { text += "." + (0..<scale).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined() }
        return Bool.random(using: &random) ? "-" + text : text
    }

    private static func hexByte(_ random: inout SeededGenerator) -> String {
        let byte = String(UInt8.random(in: 0...255, using: &random), radix: 16)
        return byte.count == 1 ? "0" + byte : byte
    }

    private static func uuid(_ random: inout SeededGenerator) -> String {
        [4, 2, 2, 2, 6].map { count in (0..<count).map { _ in hexByte(&random) }.joined() }.joined(separator: "-")
    }

    private static func date(_ bits: UInt64) -> String {
        let (year, month, day) = (1890 + bits % 300, 1 + bits >> 9 % 12, 1 + bits >> 14 % 28)
        return "\(year)-\(padded(month % 12 + 1))-\(padded(day % 28 + 1))"
    }

    private static func time(_ bits: UInt64) -> String {
        "\(padded(bits % 24)):\(padded(bits >> 5 % 60 % 60)):\(padded(bits >> 12 % 60 % 60)).\(100_000 + bits % 900_000)"
    }

    private static func padded(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static let letters = [
        "a", "b", "A", "Z", " ", "%", "_", "\\", "é", "É", "ß", "日", "😀", "1", "x", "'", "ı", "Σ",
    ]

    private static let edges: [String: [String]] = [
        "smallint": ["0", "1", "-1", "2", "7", "-7", "32767", "-32768"],
        "integer": ["0", "1", "-1", "2", "3", "-7", "10", "2147483647", "-2147483648", "46341", "65536"],
        "bigint": [
            "0", "1", "-1", "2", "-7", "9223372036854775807", "-9223372036854775808", "3037000500", "4294967296",
            "9007199254740993",
        ],
        "real": [
            "0", "-0", "1", "-1", "2.5", "3.5", "0.1", "1e-45", "3.4028235e+38", "Infinity", "-Infinity", "NaN",
            "1e+20",
        ],
        "double precision": [
            "0", "-0", "1", "-1", "0.5", "1.5", "2.5", "-2.5", "0.1", "5e-324", "1.7976931348623157e+308", "Infinity",
            "-Infinity", "NaN", "1e+100", "123456789012345680", "32767.5", "2147483647.5", "1e-300",
        ],
        "numeric": [
            "0", "0.00", "1", "1.0", "-1", "2.5", "-2.5", "0.5", "1.50", "0.05", "0.005", "123456.789",
            "170141183460469231731687303715884105727", "-170141183460469231731687303715884105728",
            "99999999999999999999999999999999999999999", "0.000000000000000000000000000000000000000001",
            "1000000000000000000000000000000000000000000.01", "NaN", "Infinity", "-Infinity", "9223372036854775807.5",
            "32767.4", "-32768.5", "2147483647.5", "10000", "38774", "100000", "3", "7", "0.0003",
        ],
        "text": [
            "", " ", "a", "A", "abc", "ABC", " abc ", "é", "ÉÉ", "日本語", "😀x", "a%", "%", "_", "\\", "a\\", "%a%", "a_c",
            "\\%", "12", " -3 ", "1.5", "1e3", "NaN", "t", "no", "2024-02-29", "straße", "Ǆ", "İ", "ŉ", "ﬁ", "ΑΣ",
            "aXbXc",
        ],
        "character varying": ["", "a", "abc ", "日本", "%", "42", "true", "x_y", "A"],
        "bytea": ["\\x", "\\x00", "\\xff", "\\x2025", "\\x616263", "\\x5c", "\\x61", "\\x25", "\\x62"],
        "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
        "date": [
            "2000-01-01", "1999-12-31", "2024-02-29", "1970-01-01", "infinity", "-infinity", "0001-01-01",
            "0001-12-31 BC",
            "4713-11-24 BC", "5874897-12-31", "294276-12-31", "294277-01-01", "2005-01-01", "2020-12-31", "1900-03-01",
            "4714-11-24 BC", "0100-12-31", "0101-01-01", "0044-03-15 BC",
        ],
        "timestamp without time zone": [
            "2000-01-01 00:00:00", "1999-12-31 23:59:59.999999", "2024-02-29 12:30:45.5", "infinity", "-infinity",
            "4714-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999", "1970-01-01 00:00:00", "0001-01-01 00:00:00",
            "0001-12-31 23:00:00 BC", "2001-01-01 00:00:00.000001", "0044-03-15 12:00:00 BC",
        ],
        "timestamp with time zone": [
            "2000-01-01 00:00:00+00", "1999-12-31 23:59:59.999999+00", "2024-02-29 12:30:45.5+00", "infinity",
            "-infinity", "4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00", "1970-01-01 00:00:00+00",
            "2019-12-30 00:00:00+00",
        ],
        "character": ["a", "abc", "ab ", "", "é "],
    ]
}
