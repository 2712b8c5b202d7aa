import Foundation
import SQLiteDatabase

/// What `leftfold demo` draws: three views read from the SQLite file like any reader would.
struct DemoScreen {
    var databasePath: String
    /// Redraws in place on a terminal; prints one block after the other elsewhere.
    var redraws: Bool

    /// One of the tables shown.
    private struct Panel {
        var title: String
        var header: [String]
        var sql: String
    }

    private static let panels = [
        Panel(
            title: "revenue_by_region   count and sum over a join",
            header: ["region", "orders", "revenue"],
            sql: "SELECT region, orders, revenue FROM revenue_by_region ORDER BY CAST(revenue AS REAL) DESC LIMIT 6"
        ),
        Panel(
            title: "top_sellers         sum, avg and max by product",
            header: ["product", "units", "revenue", "last sold"],
            sql:
                "SELECT name, units, revenue, substr(last_sold_at, 1, 19) FROM top_sellers ORDER BY units DESC, name LIMIT 6"
        ),
        Panel(
            title: "open_orders         a join of three tables; rows leave when an order is paid",
            header: ["order", "customer", "product", "amount"],
            sql: "SELECT order_id, customer, product, amount FROM open_orders ORDER BY order_id DESC LIMIT 6"
        ),
    ]

    /// Reads the views and draws them, with `caption` above.
    func draw(_ caption: String) throws {
        var text = redraws ? "\u{1B}[H\u{1B}[2J" : "\n"
        text += caption + "\n"
        let database = try SQLiteConnection(path: databasePath, mode: .readOnly)
        for panel in Self.panels {
            text += "\n\(panel.title)\n"
            for line in TextTable.render(panel.header, try database.textRows(panel.sql)) { text += "  \(line)\n" }
        }
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
