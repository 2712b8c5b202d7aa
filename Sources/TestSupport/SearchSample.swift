public import Relational
public import ViewStores

/// A product list as a search view, and its rows.
public enum SearchSample {
    /// A row: id, name, description, price.
    public typealias Product = (id: Int64, name: String?, description: String?, price: Int64)

    /// By an integer key, or by the name of the product. A word in the name counts ten times.
    public static func view(byName: Bool = false, version: String = "v1", language: String? = nil) -> ViewTable {
        ViewTable(
            name: "product_search",
            columns: [
                StoreColumn(name: "id", type: .int8, isNotNull: true),
                StoreColumn(name: "name", type: .text, isNotNull: false),
                StoreColumn(name: "description", type: .varchar, isNotNull: false),
                StoreColumn(name: "price", type: .int8, isNotNull: true),
            ],
            key: byName ? [1] : [0],
            version: version,
            kind: .search,
            options: ["columns": "name 10, description"].merging(language.map { ["language": $0] } ?? [:]) { $1 }
        )
    }

    /// Packed, with one weight for all.
    public static func rows(_ products: [Product], weight: Int64 = 1) -> ZSet {
        var rows = ZSet()
        for product in products {
            let row = rows.beginRow(columnCount: 4)
            rows.slab.set(0, int: product.id, in: row)
            for (column, text) in [(1, product.name), (2, product.description)] {
                guard let text else { continue }
                Array(text.utf8).withUnsafeBytes { rows.slab.set(column, bytes: $0, in: row) }
            }
            rows.slab.set(3, int: product.price, in: row)
            rows.endRow(row, weight: weight)
        }
        return rows
    }

    public static func progress(_ view: ViewTable, _ offset: Int64, _ token: Int64) -> StoreProgress {
        StoreProgress(
            logID: "log",
            view: view.name,
            version: view.version,
            offset: Offset(offset),
            position: .none,
            fencingToken: token
        )
    }

    /// Publishes a view with these rows.
    public static func publish(
        _ view: ViewTable,
        _ products: [Product],
        in store: any ViewStore,
        _ token: Int64
    ) throws {
        try store.beginGeneration(of: view)
        try store.append(rows(products), to: view)
        try store.begin()
        try store.publish(view)
        try store.commit([progress(view, 1, token)])
    }

    /// Shoes, in all ways to write of them.
    public static let products: [Product] = [
        (1, "Red shoe", "light, for running", 50), (2, "Blue shoe", "heavy, for the mountains", 90),
        (3, "Socks", "go with every red shoe, or with no shoe at all", 5), (4, "Füße", nil, 1),
        (5, nil, "it's a \"shoe\\horn\"", 3), (6, "Crème brûlée", "no shoelace in it", 4),
    ]

    /// Words, and the ids of the rows they find whatever the engine, the best first where that is certain.
    public static let questions: [(text: String, ids: Set<Int64>)] = [
        ("shoe", [1, 2, 3, 5]), ("SHOE red", [1, 3]), ("\"red shoe\"", [1, 3]), ("\"shoe red\"", []),
        ("shoe*", [1, 2, 3, 5, 6]), ("\"no sho\"*", [3, 6]), ("mount* heavy", [2]), ("run", []), ("Füße", [4]),
        ("brûlée", [6]), ("it's", [5]), ("shoe & ! ( red", [1, 3]), ("\"red shoe", [1, 3]), ("shoe\\horn", [5]),
        ("red:shoe^", [1, 3]), ("absent", []), ("NOT OR AND", []), ("name:red", []),
    ]

    /// Text that means something in some query language, put together at random.
    public static func nastyText(using generator: inout SeededGenerator) -> String {
        let pieces = [
            "\"", "*", "'", "\\", "(", ")", ":", "^", "-", "+", "{", "}", "&", "|", "!", "<->", " ", "\u{301}", "\0",
            "\n",
            "AND", "OR", "NOT", "NEAR", "shoe", "re", "é", "日本", "👩‍👩‍👧", "1.0", "a-b-c", "x@y.zz", "http://a/b?c=d", ":*",
            "%", ";",
            "\u{200d}", "\u{10FFFF}",
        ]
        let count = Int.random(in: 1..<12, using: &generator)
        return (0..<count).compactMap { _ in pieces.randomElement(using: &generator) }.joined()
    }
}
