import Relational
import ViewPlan
import ViewSQL

/// The tables that the tests' views read.
enum Fixture {
    static let relations: [RelationSchema] = shop + pgbench + [types, small, other, keyless, archive]

    static var compiler: ViewCompiler { ViewCompiler(relations: relations) }

    private static func table(
        _ id: UInt32,
        _ name: String,
        schema: String = "public",
        key: [Int] = [0],
        _ columns: [(name: String, type: ScalarType, isNotNull: Bool)],
        unique: [[Int]] = []
    ) -> RelationSchema {
        RelationSchema(
            relation: RelationID(id),
            name: QualifiedName(schema: schema, name: name),
            columns: columns.enumerated().map { index, column in
                Column(
                    name: column.name,
                    attributeNumber: Int16(index + 1),
                    type: column.type,
                    isNotNull: column.isNotNull
                )
            },
            primaryKey: key,
            uniqueKeys: unique
        )
    }

    static func numeric(_ precision: Int32, _ scale: Int32) -> ScalarType {
        ScalarType(oid: .numeric, typmod: ((precision << 16) | scale) + 4, name: "numeric(\(precision),\(scale))")
    }

    static let linguistic = ScalarType(
        oid: .text,
        name: "text",
        collation: Collation(name: "en_US.UTF-8", isByteOrder: false)
    )

    private static let shop: [RelationSchema] = [
        table(
            101,
            "orders",
            [
                ("id", .int8, true), ("customer_id", .int8, true), ("product_id", .int8, false),
                ("status", .text, true), ("qty", .int4, true), ("price", numeric(12, 2), true),
                ("created_at", .timestamptz, true),
            ]
        ),
        table(102, "customers", [("id", .int8, true), ("name", .text, true), ("region", .text, false)]),
        table(103, "products", [("id", .int8, true), ("name", .text, true), ("category", .text, true)]),
    ]

    private static let character88 = ScalarType(oid: .bpchar, typmod: 92, name: "character(88)", collation: .c)

    private static let pgbench: [RelationSchema] = [
        table(
            201,
            "pgbench_accounts",
            [("aid", .int4, true), ("bid", .int4, false), ("abalance", .int4, false), ("filler", character88, false)]
        ),
        table(
            202,
            "pgbench_branches",
            [("bid", .int4, true), ("bbalance", .int4, false), ("filler", character88, false)]
        ),
        table(
            203,
            "pgbench_tellers",
            [("tid", .int4, true), ("bid", .int4, false), ("tbalance", .int4, false), ("filler", character88, false)]
        ),
        table(
            204,
            "pgbench_history",
            key: [],
            [
                ("tid", .int4, false), ("bid", .int4, false), ("aid", .int4, false), ("delta", .int4, false),
                ("mtime", .timestamp, false),
            ]
        ),
    ]

    private static let types = table(
        301,
        "types",
        [
            ("id", .int4, true), ("b", .bool, false), ("i2", .int2, false), ("i4", .int4, false), ("i8", .int8, false),
            ("f4", .float4, false), ("f8", .float8, false), ("n", .numeric, false), ("n2", numeric(12, 2), false),
            ("t", .text, false), ("v", .varchar, false), ("l", linguistic, false), ("y", .bytea, false),
            ("u", .uuid, false), ("d", .date, false), ("ts", .timestamp, false), ("tz", .timestamptz, false),
            ("j", .jsonb, false), ("iv", ScalarType(oid: .interval, name: "interval"), false),
            ("mood", ScalarType(oid: TypeOID(90_001), name: "mood"), false),
        ]
    )

    /// The tables of the examples in the list of constructs.
    private static let small = table(401, "t", [("a", .int4, true), ("b", .text, false), ("c", .numeric, false)])
    private static let other = table(402, "u", [("a", .int4, true), ("d", .date, false)])

    private static let keyless = table(403, "notes", key: [], [("topic", .text, false), ("body", .text, false)])
    private static let archive = table(
        404,
        "orders_2020",
        schema: "archive",
        [("id", .int8, true), ("code", .text, true)],
        unique: [[1]]
    )
}
