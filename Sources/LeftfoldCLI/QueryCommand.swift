import ArgumentParser
import Foundation
import SQLiteDatabase
import SQLiteStore
import SearchStore
import ViewMaintenance
import ViewPlan
import ViewStores

/// `leftfold query`: reads a view, finds words in one, or runs a SELECT over the views of a store, read-only.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Read a view, find words in a search view, or run a SELECT over the views of one store; read-only.",
        discussion: "In a SQLite store numeric and date columns are TEXT exactly as Postgres prints them: "
            + "sort by CAST(revenue AS REAL).\n\n"
            + "With --search every word must be in a row; \"words in quotes\" follow each other, and word* is a beginning. "
            + "The best rows come first, with their rank and the place."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "A view's name, or a SELECT in quotes; with --search the words to find.")
    var query: String

    @Option(name: .long, help: "The search view to find the words in.")
    var search: String?

    @Option(name: .long, help: "The store; without it the one that holds the view, or main.")
    var store: String?

    @Option(name: .long, help: "Rows to print at most; 0 for all.")
    var limit = 100

    func validate() throws {
        guard let search, SearchQuery(parsing: query) == nil else { return }
        throw ValidationError("there is no word in \"\(query)\"; write: leftfold query --search \(search) 'red shoe*'")
    }

    func run() async throws {
        let installation = Installation(try options.load())
        let store = try chosenStore(installation)
        switch store.target {
        case .sqlite(let path):
            guard FileManager.default.fileExists(atPath: path) else {
                throw CommandFailure(.dataError, "\(path) does not exist yet", hint: "fill it with: leftfold run")
            }
            let database = try SQLiteConnection(path: path, mode: .readOnly)
            let sql = try searched.map { query, view in
                try searching { try SQLiteSearch.select(query, in: view, limit: rowCountMax, of: database) }
            }
            let statement = try prepare(sql ?? select, of: database)
            if output.json {
                try printJSON(statement)
            } else {
                try printTable(statement)
            }
        case .postgres(let url, let schema):
            let question = searched.map { PostgresAnswer.Question.search($0.query, view: $0.view) } ?? .select(select)
            try searching {
                try PostgresAnswer(url: url, schema: schema, limit: limit).print(question, asJSON: output.json)
            }
        case .redis:
            if search != nil {
                throw CommandFailure(
                    .usage,
                    "store \(store.name) is a Redis server and finds no words",
                    hint: "keep the words in a view USING search, in SQLite, Postgres or OpenSearch"
                )
            }
            try printRows(store, "a Redis server", installation)
        case .opensearch(let url, let prefix):
            guard let searched else { return try printRows(store, "an OpenSearch server", installation) }
            let reader = try SearchStore(url: url, prefix: prefix)
            try searching {
                guard let table = try appliedTable(of: searched.view, installation) else {
                    throw StoreError.noSearchView(searched.view, in: reader.location)
                }
                let found = try reader.find(searched.query, in: table, limit: rowCountMax)
                DocumentAnswer(table: table, limit: limit).print(found, asJSON: output.json)
            }
        }
    }

    /// A view that cannot be searched was asked for by mistake.
    private func searching<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as StoreError where error.code == .unsupported {
            throw CommandFailure(.usage, error.message, detail: error.detail, hint: error.hint)
        }
    }

    private func prepare(_ sql: String, of database: SQLiteConnection) throws -> SQLiteStatement {
        do {
            return try database.prepare(sql, isPersistent: false)
        } catch {
            guard isName, "\(error)".contains("no such table: \(query)") else { throw error }
            throw CommandFailure(.usage, "view \"\(query)\" does not exist", hint: "leftfold status")
        }
    }

    /// All rows of a view, where there is no SQL.
    private func printRows(_ store: StoreConfiguration, _ kind: String, _ installation: Installation) throws {
        guard isName else {
            throw CommandFailure(
                .usage,
                "store \(store.name) is \(kind) and answers no SQL",
                hint: "name a view: leftfold query VIEW"
            )
        }
        guard let table = try appliedTable(of: query, installation), let reader = try store.openReader() else {
            throw CommandFailure(.usage, "view \"\(query)\" does not exist", hint: "leftfold status")
        }
        try DocumentAnswer(table: table, limit: limit).print(reader, asJSON: output.json)
    }

    /// The table of a view as it was applied; nil when there is none.
    private func appliedTable(of name: String, _ installation: Installation) throws -> ViewTable? {
        let views = try installation.viewFolder(applied: true).compile(installation.relations())
        guard let view = views.first(where: { $0.name == name }) else { return nil }
        let definition: ViewDefinition
        do {
            definition = try view.result.get()
        } catch {
            throw CommandFailure(.dataError, error.failure.message, hint: error.failure.hint)
        }
        return ViewVersion.table(of: definition)
    }

    /// A single word is a view, anything else is SQL.
    private var isName: Bool { !query.contains { $0.isWhitespace || $0 == ";" } }

    private var select: String { isName ? "SELECT * FROM \"\(query.replacing("\"", with: "\"\""))\"" : query }

    /// What to find where; nil without `--search`.
    private var searched: (query: SearchQuery, view: String)? {
        search.flatMap { view in SearchQuery(parsing: query).map { ($0, view) } }
    }

    /// One more than is printed, to know whether there are more; nil for all.
    private var rowCountMax: Int? { limit > 0 && limit < Int.max ? limit + 1 : nil }

    private func chosenStore(_ installation: Installation) throws -> StoreConfiguration {
        let configuration = installation.configuration
        let view = search ?? (isName ? query : nil)
        if store == nil, let view, configuration.stores.count > 1, let holder = try installation.store(holding: view) {
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
