/// The shop example's files, inside the binary: what `leftfold demo` runs.
public enum ShopExample {
    /// Tables, constraints and indexes.
    public static var schema: String { text(PackageResources.schema_sql) }

    /// Rows to begin with.
    public static var seed: String { text(PackageResources.seed_sql) }

    /// The views, by file name.
    public static var views: [(name: String, sql: String)] {
        [
            ("open_orders.sql", text(PackageResources.open_orders_sql)),
            ("revenue_by_region.sql", text(PackageResources.revenue_by_region_sql)),
            ("top_sellers.sql", text(PackageResources.top_sellers_sql)),
        ]
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
