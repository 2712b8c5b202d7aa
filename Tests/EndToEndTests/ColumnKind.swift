import TestSupport

/// A column type of the random schemas: every typed encoding, and types that are carried as text.
enum ColumnKind: CaseIterable {
    case bool, int2, int4, int8, float4, float8, numeric, price, text, varchar, bpchar, bytea, uuid
    case date, time, timetz, timestamp, timestamptz, interval, json, jsonb, mood, intArray, textArray
    // Carried as text.
    case inet, point, range, bits, money, search

    /// What columns of kind `mood` need.
    static let prelude = ["CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')"]

    var sql: String {
        switch self {
        case .price: "numeric(12,2)"
        case .varchar: "varchar(12)"
        case .bpchar: "char(5)"
        case .intArray: "int4[]"
        case .textArray: "text[]"
        case .range: "int4range"
        case .bits: "bit varying(8)"
        case .search: "tsvector"
        default: "\(self)"
        }
    }

    /// sum and avg are defined.
    var isNumber: Bool {
        switch self {
        case .int2, .int4, .int8, .float4, .float8, .numeric, .price: true
        default: false
        }
    }

    /// min and max are defined whatever the collation, and equal values look the same.
    var isOrdered: Bool {
        switch self {
        case .date, .timestamp, .timestamptz: true
        case .numeric: false
        default: isNumber
        }
    }

    /// GROUP BY and = are defined, and equal values look the same.
    var isGroupable: Bool {
        switch self {
        case .bool, .int2, .int4, .int8, .price, .text, .varchar, .bpchar, .bytea, .uuid, .date, .time, .timestamp,
            .timestamptz, .mood:
            true
        default: false
        }
    }

    /// A literal from a small domain, so that values meet, with a rare extreme.
    func literal(using generator: inout SeededGenerator) -> String {
        let small = Int.random(in: 0..<8, using: &generator)
        if Int.random(in: 0..<25, using: &generator) == 0, let extreme { return extreme }
        switch self {
        case .bool: return small % 2 == 0 ? "true" : "false"
        case .int2, .int4, .int8: return "\(small - 2)"
        case .float4: return "\(small - 3).25::real"
        case .float8: return "\(small - 3).1e\(small)::float8"
        case .numeric:
            return ["1.0", "1.00", "-2.5", "0", "0.000", "12345678901234567890.123", "3", "-0.07"][small]
        case .price: return ["0.00", "19.99", "5.00", "5.01", "-1.50", "100.00", "9999999999.99", "0.01"][small]
        case .text, .varchar, .bpchar: return "'" + ["", "a", "A", "ä", "zz", "Ünï", "x y", "o''k"][small] + "'"
        case .bytea: return "'\\x" + ["", "00", "ff00", "0a0d", "5c", "27", "c3a4", "0001ff"][small] + "'::bytea"
        case .uuid: return "'00000000-0000-4000-8000-00000000000\(small)'::uuid"
        case .date: return "'2024-02-2\(small)'::date"
        case .time: return "'0\(small):30:00.\(small)'::time"
        case .timetz: return "'0\(small):30:00+0\(small)'::timetz"
        case .timestamp: return "'2024-02-28 23:59:5\(small).5'::timestamp"
        case .timestamptz: return "'2024-03-31 0\(small):30:00+02'::timestamptz"
        case .interval: return "'\(small) days 01:00'::interval"
        case .json: return "'{\"b\":  \(small), \"a\": \"ä\"}'::json"
        case .jsonb: return "'{\"a\": \(small), \"b\": [1, null]}'::jsonb"
        case .mood: return "'\(["sad", "ok", "happy"][small % 3])'::mood"
        case .intArray: return "'{\(small),NULL,3}'::int4[]"
        case .textArray: return "'{\"a b\",NULL,\"\(small)\"}'::text[]"
        case .inet: return "'10.0.0.\(small)/24'::inet"
        case .point: return "'(\(small),-1.5)'::point"
        case .range: return "'[\(small),\(small + 4))'::int4range"
        case .bits: return "B'\(String(small, radix: 2))'"
        case .money: return "\(small).5::numeric::money"
        case .search: return "'fat:\(small + 1) cat'::tsvector"
        }
    }

    private var extreme: String? {
        switch self {
        case .int2: "32767::int2"
        case .int4: "2147483647"
        case .int8: "9223372036854775807"
        case .float4: "'NaN'::real"
        case .float8: "'-Infinity'::float8"
        case .numeric: "'NaN'::numeric"
        case .text: "repeat('läng ', 3000)"
        case .bytea: "decode(repeat('00ff', 5000), 'hex')"
        case .date: "'infinity'::date"
        case .timestamp: "'-infinity'::timestamp"
        case .timestamptz: "'0044-03-15 BC'::timestamptz"
        case .range: "'empty'::int4range"
        case .intArray: "'{{1,2},{3,NULL}}'::int4[]"
        default: nil
        }
    }
}
