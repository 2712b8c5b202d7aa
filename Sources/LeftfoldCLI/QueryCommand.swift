import ArgumentParser
import Foundation
import SQLiteDatabase

/// `leftfold query`: reads a view, or runs a SELECT over the views of a store, read-only.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Read a view, or run a SELECT over the views of one store; read-only.",
        discussion: "In a SQLite store numeric and date columns are TEXT exactly as Postgres prints them: "
            + "sort by CAST(revenue AS REAL)."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "A view's name, or a SELECT in quotes.")
    var query: String

    @Option(name: .long, help: "The store; without it the one that holds the view, or main.")
    var store: String?

    @Option(name: .long, help: "Rows to print at most; 0 for all.")
    var limit = 100

    func run() async throws {
        let store = try chosenStore(Installation(options.load()))
        switch store.target {
        case .sqlite(let path):
            guard FileManager.default.fileExists(atPath: path) else {
                throw CommandFailure(.dataError, "\(path) does not exist yet", hint: "fill it with: leftfold run")
            }
            let database = try SQLiteConnection(path: path, mode: .readOnly)
            let statement = try database.prepare(sql, isPersistent: false)
            if output.json {
                try printJSON(statement)
            } else {
                try printTable(statement)
            }
        case .postgres(let url, let schema):
            try PostgresAnswer(url: url, schema: schema, limit: limit).print(sql, asJSON: output.json)
        case .redis: throw CommandFailure(.usage, "store \(store.name) answers no SQL")
        }
    }

    /// A single word is a view, anything else is SQL.
    private var isName: Bool { !query.contains { $0.isWhitespace || $0 == ";" } }

    private var sql: String { isName ? "SELECT * FROM \"\(query.replacing("\"", with: "\"\""))\"" : query }

    private func chosenStore(_ installation: Installation) throws -> StoreConfiguration {
        let configuration = installation.configuration
        if store == nil, isName, configuration.stores.count > 1, let holder = try installation.store(holding: query) {
            return holder
        }
        let name = store ?? Configuration.defaultStoreName
        if let store = configuration.store(named: name) { return store }
        throw CommandFailure(.usage, "store \"\(name)\" is not in leftfold.yaml")
    }

    private func printTable(_ statement: SQLiteStatement) throws {
        var rows: [[String]] = []
        var isCut = false
        while try statement.step() {
            if limit > 0, rows.count == limit {
                isCut = true
                break
            }
            rows.append(
                (0..<statement.columnCount).map { statement.storageClass($0) == .null ? "NULL" : statement.text($0) }
            )
        }
        for line in TextTable.render((0..<statement.columnCount).map { statement.columnName($0) }, rows) {
            print(line)
        }
        if isCut { StandardError.write("the first \(limit) rows; --limit 0 prints all\n") }
    }

    private func printJSON(_ statement: SQLiteStatement) throws {
        var count = 0
        while try statement.step(), limit == 0 || count < limit {
            count += 1
            var cells: [String] = []
            for column in 0..<statement.columnCount {
                cells.append("\(Self.quote(statement.columnName(column))):\(Self.value(statement, column))")
            }
            print("{" + cells.joined(separator: ",") + "}")
        }
    }

    private static func value(_ statement: SQLiteStatement, _ column: Int) -> String {
        switch statement.storageClass(column) {
        case .null: return "null"
        case .integer: return String(statement.int(column))
        case .real:
            let value = statement.double(column)
            return value.isFinite ? "\(value)" : quote("\(value)")
        case .text, .blob: return quote(statement.text(column))
        }
    }

    static func quote(_ text: String) -> String {
        let data = try? JSONEncoder().encode(text)
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
