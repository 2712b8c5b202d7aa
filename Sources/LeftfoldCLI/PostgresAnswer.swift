import PostgresClient
import PostgresStore
import ViewStores

/// A SELECT over the views of a Postgres store, printed as `query` prints.
struct PostgresAnswer {
    var url: String
    var schema: String
    /// Rows to print at most; 0 for all.
    var limit: Int

    private static let batchRowCount = 10_000

    enum Question {
        case select(String)
        case search(SearchQuery, view: String)
    }

    func print(_ question: Question, asJSON: Bool) throws {
        var options = ConnectionOptions()
        options.applicationName = "leftfold query"
        options.settings = [
            "default_transaction_read_only": "on", "search_path": SQLText.identifier(schema) + ",public",
        ]
        let connection = try PostgresConnection(url, options: options)
        defer { connection.close() }
        try connection.query("BEGIN")
        var select: String
        switch question {
        case .select(let sql): select = sql
        case .search(let query, let view):
            let search = try PostgresSearch(view, schema: schema, of: connection)
            select = search.select(query, limit: limit > 0 && limit < Int.max ? limit + 1 : nil)
        }
        while let last = select.last, last.isWhitespace || last == ";" { select.removeLast() }
        // One statement, whatever the text holds.
        try connection.statement("DECLARE answer NO SCROLL CURSOR FOR \(select)")
        if asJSON {
            try read(connection) { result, rows in
                for row in rows { Swift.print(Self.object(result, row)) }
            }
        } else {
            try printTable(connection)
        }
    }

    private func printTable(_ connection: PostgresConnection) throws {
        var header: [String] = []
        var lines: [[String]] = []
        let isCut = try read(connection) { result, rows in
            header = (0..<result.columnCount).map { result.columnName($0) }
            for row in rows { lines.append((0..<result.columnCount).map { result[row, $0] ?? "NULL" }) }
        }
        for line in TextTable.render(header, lines) { Swift.print(line) }
        if isCut { StandardError.write("the first \(limit) rows; --limit 0 prints all\n") }
    }

    /// Fetches up to the limit and returns whether there are more rows.
    @discardableResult
    private func read(
        _ connection: PostgresConnection,
        _ body: (PostgresResult, Range<Int>) -> Void
    ) throws -> Bool {
        var count = 0
        while true {
            let wanted = limit > 0 ? min(Self.batchRowCount, limit - count + 1) : Self.batchRowCount
            let result = try connection.query("FETCH \(wanted) FROM answer")
            let shown = limit > 0 ? min(result.rowCount, limit - count) : result.rowCount
            body(result, 0..<shown)
            count += shown
            if shown < result.rowCount { return true }
            if result.rowCount < wanted { return false }
        }
    }

    private static func object(_ result: PostgresResult, _ row: Int) -> String {
        let cells = (0..<result.columnCount).map { column in
            "\(QueryCommand.quote(result.columnName(column))):\(value(result, row, column))"
        }
        return "{" + cells.joined(separator: ",") + "}"
    }

    private static func value(_ result: PostgresResult, _ row: Int, _ column: Int) -> String {
        guard let text = result[row, column] else { return "null" }
        switch result.columnType(column) {
        case 16: return text == "t" ? "true" : "false"
        case 20, 21, 23: return text
        case 700, 701:
            let isFinite = text.utf8.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return isFinite ? text : QueryCommand.quote(text)
        default: return QueryCommand.quote(text)
        }
    }
}
