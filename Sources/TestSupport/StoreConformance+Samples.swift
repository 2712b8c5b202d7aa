import Relational
import ViewStores

/// Views with every kind of key and type.
enum SampleViews {
    static let integerKey = ViewTable(
        name: "by_id",
        columns: [column("id", .int8, isNotNull: true), column("n", .int4), column("t", .text)],
        key: [0],
        version: "v1"
    )
    static let nullableKey = ViewTable(
        name: "by region",
        columns: [column("a", .int4), column("B", .text), column("sum", .int8)],
        key: [0, 1],
        version: "v1"
    )
    static let numericKey = ViewTable(
        name: "Preise",
        columns: [column("price", .numeric), column("n", .int8)],
        key: [0],
        version: "v1"
    )
    static let floatKey = ViewTable(
        name: "by_float",
        columns: [column("t", .text), column("x", .float8)],
        key: [1],
        version: "v1"
    )
    static let wholeRowKey = ViewTable(
        name: "distinct\"rows",
        columns: [column("select", .text), column("größe", .int2, isNotNull: true)],
        key: [1, 0],
        version: "v1"
    )
    static let singleRow = ViewTable(
        name: "total",
        columns: [column("n", .int8), column("t", .text)],
        key: [],
        version: "v1"
    )
    static let bag = ViewTable(
        name: "bag",
        columns: [column("a", .int4), column("t", .text)],
        key: nil,
        version: "v1"
    )
    static let keyedBag = ViewTable(name: bag.name, columns: bag.columns, key: [0, 1], version: bag.version)
    static let floatBag = ViewTable(
        name: "bag of floats",
        columns: [column("x", .float8), column("p", .numeric)],
        key: nil,
        version: "v1"
    )
    static let everyType = ViewTable(
        name: "every_type",
        columns: [column("id", .int4, isNotNull: true)]
            + types.enumerated().map { column("c\($0.offset)", $0.element) },
        key: [0],
        version: "v1"
    )

    static let all = [
        integerKey, nullableKey, numericKey, floatKey, wholeRowKey, singleRow, bag, floatBag, everyType,
    ]

    static let types: [ScalarType] = [
        .bool, .int2, .int4, .int8, .float4, .float8, .numeric, .text, .bytea, .uuid, .date, .timestamp, .timestamptz,
        .jsonb, ScalarType(oid: .interval, name: "interval"),
    ]

    private static func column(_ name: String, _ type: ScalarType, isNotNull: Bool = false) -> StoreColumn {
        StoreColumn(name: name, type: type, isNotNull: isNotNull)
    }
}

/// Values as Postgres prints them.
enum SampleValues {
    /// The edges of each type's values.
    static let edges: [Encoding: [PostgresText]] = [
        .bool: ["t", "f"],
        .int2: ["0", "-32768", "32767"],
        .int4: ["0", "-2147483648", "2147483647"],
        .int8: ["0", "-9223372036854775808", "9223372036854775807"],
        .float4: ["0", "-0", "1.5", "NaN", "Infinity", "-Infinity", "1e-45", "3.4028235e+38", "16777216"],
        .float8: [
            "0", "-0", "0.1", "NaN", "Infinity", "-Infinity", "5e-324", "1.7976931348623157e+308", "9007199254740993",
        ],
        .numeric: [
            "0", "0.00", "1.0", "1.00", "1", "10", "100.500", "-0.001", "NaN", "Infinity", "-Infinity",
            "123456789012345678901234567890123456789012345.678900",
        ],
        .text: [
            "", " ", "a", "A", "a ", "NaN", "NULL", "1.0", "it's \"quoted\"", "line\nbreak", "Füße", "日本語", "👩‍👩‍👧‍👦",
            "e\u{301}", "\u{e9}",
            "\u{1}\u{7f}", "\u{10FFFF}",
        ],
        .bytea: ["\\x", "\\x00", "\\x0001ff", "\\xdeadbeef"],
        .uuid: ["00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
        .date: ["2000-01-01", "1999-12-31", "2024-02-29", "infinity", "-infinity", "4713-01-01 BC", "5874897-12-31"],
        .timestamp: [
            "2000-01-01 00:00:00", "2024-02-29 12:34:56.789012", "infinity", "-infinity", "0044-03-15 00:00:00 BC",
        ],
        .timestamptz: ["2000-01-01 00:00:00+00", "1969-12-31 23:59:59.5+00", "infinity", "-infinity"],
        .jsonb: ["null", "{}", "[1, 1.0, \"x\"]", "{\"a\": {\"b\": \"ü\"}}"],
        .opaque: ["1 day", "00:00:00", "-1 years"],
    ]

    /// A row of a view whose first column is a number, with a value chosen for each other column.
    static func row(of view: ViewTable, number: Int, _ choose: ([PostgresText]) -> PostgresText) -> StoreModel.Row {
        view.columns.enumerated().map { index, column in
            index == 0 ? "\(number)" : choose(edges[column.type.encoding] ?? [""])
        }
    }

    /// A random value; few different ones, so that keys meet again.
    static func random(_ column: StoreColumn, using generator: inout SeededGenerator) -> PostgresText? {
        if !column.isNotNull, Int.random(in: 0..<6, using: &generator) == 0 { return nil }
        let encoding = column.type.encoding
        let isSmall = [Encoding.int2, .int4, .int8].contains(encoding) && Bool.random(using: &generator)
        if isSmall { return "\(Int.random(in: -8..<8, using: &generator))" }
        return (edges[encoding] ?? [""]).randomElement(using: &generator)
    }

    /// Two values with the same result are equal to Postgres.
    static func equalityForm(_ text: PostgresText?, _ encoding: Encoding) -> PostgresText? {
        guard let text else { return nil }
        switch encoding {
        case .float4, .float8: return text == "-0" ? "0" : text
        case .numeric where text.utf8.contains(UInt8(ascii: ".")):
            var digits = text.utf8
            while digits.last == UInt8(ascii: "0") { digits.removeLast() }
            if digits.last == UInt8(ascii: ".") { digits.removeLast() }
            return PostgresText(utf8: digits)
        default: return text
        }
    }
}
