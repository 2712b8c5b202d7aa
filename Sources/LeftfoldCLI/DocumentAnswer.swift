import Relational
import SearchStore
import ViewMaintenance
import ViewStores

/// The rows of a store that answers no SQL, printed as `query` prints.
struct DocumentAnswer {
    var table: ViewTable
    /// Rows to print at most; 0 for all.
    var limit: Int

    private struct Enough: Error {}

    func print(_ store: any ViewStore, asJSON: Bool) throws {
        var lines: [[String]] = []
        var count = 0
        var isCut = false
        do {
            try store.scan(table) { rows in
                for index in 0..<rows.count {
                    guard limit == 0 || count < limit else { throw Enough() }
                    count += 1
                    let row = rows.row(at: index)
                    if asJSON { Swift.print(object(row)) } else { lines.append(texts(row)) }
                }
            }
        } catch is Enough {
            isCut = true
        }
        if asJSON { return }
        for line in TextTable.render(table.columns.map(\.name), lines) { Swift.print(line) }
        if isCut { StandardError.write("the first \(limit) rows; --limit 0 prints all\n") }
    }

    /// What was found, the best first, with `rank` and `snippet` after the view's columns.
    func print(_ found: SearchStore.Found, asJSON: Bool) {
        var lines: [[String]] = []
        let shown = limit == 0 ? found.count : min(limit, found.count)
        for index in 0..<shown {
            let place = found[index]
            if asJSON {
                Swift.print(
                    object(place.row).dropLast()
                        + ",\"rank\":\(place.rank),\"snippet\":\(QueryCommand.quote(place.snippet))}"
                )
            } else {
                lines.append(texts(place.row) + ["\(place.rank)", place.snippet])
            }
        }
        if asJSON { return }
        for line in TextTable.render(table.columns.map(\.name) + ["rank", "snippet"], lines) { Swift.print(line) }
        if shown < found.count { StandardError.write("the first \(limit) rows; --limit 0 prints all\n") }
    }

    private func texts(_ row: RowView) -> [String] {
        table.columns.indices.map { row.isNull($0) ? "NULL" : text(row, $0) }
    }

    private func text(_ row: RowView, _ column: Int) -> String {
        var text = ByteSlab()
        TextCodec.encode(row, column: column, as: table.columns[column].type.encoding, into: &text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    private func object(_ row: RowView) -> String {
        let cells = table.columns.indices.map { column in
            "\(QueryCommand.quote(table.columns[column].name)):\(value(row, column))"
        }
        return "{" + cells.joined(separator: ",") + "}"
    }

    private func value(_ row: RowView, _ column: Int) -> String {
        if row.isNull(column) { return "null" }
        let text = text(row, column)
        switch table.columns[column].type.encoding {
        case .bool: return row.bool(column) ? "true" : "false"
        case .int2, .int4, .int8: return text
        case .float4, .float8: return row.float(column).isFinite ? text : QueryCommand.quote(text)
        default: return QueryCommand.quote(text)
        }
    }
}
