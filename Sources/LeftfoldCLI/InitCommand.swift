import ArgumentParser
import Foundation

/// `leftfold init`: writes a configuration and an example view that only need the names of your tables. Asks nothing.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write leftfold.yaml and an example view.",
        discussion: """
            Nothing on the server is touched, and no file is overwritten without --force. Without --url the file reads the \
            connection string from the environment variable DATABASE_URL.
            """
    )

    @Option(help: ArgumentHelp("The file to write; views/ goes beside it.", valueName: "file"))
    var config = Configuration.defaultPath

    @Option(help: ArgumentHelp("The source's connection string, written into the file as it is.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("The tables to follow, separated by commas.", valueName: "tables"))
    var tables = "public.orders"

    @Flag(help: "Overwrite files that are there.")
    var force = false

    func run() throws {
        for path in try write(workingDirectory: FileManager.default.currentDirectoryPath) {
            print("wrote \(path)")
        }
        FileHandle.standardError.write(Data(nextSteps.utf8))
    }

    /// Writes the files and returns their paths; writes none of them when one is in the way.
    func write(workingDirectory: String) throws(ConfigurationError) -> [String] {
        let template = ConfigurationTemplate(url: url, tables: try parsedTables())
        let folder = config.lastIndex(of: "/").map { String(config[...$0]) } ?? ""
        let files = [(config, template.yaml), (folder + "views/example.sql", template.exampleView)]
        func absolute(_ path: String) -> String {
            Configuration.resolve(path, against: workingDirectory, home: nil)
        }
        let taken = files.filter { FileManager.default.fileExists(atPath: absolute($0.0)) }
        guard taken.isEmpty || force else {
            throw ConfigurationError(
                taken.map { ConfigurationProblem(.file($0.0), "is there already, and stays") },
                hint: "leftfold init --force to overwrite, or leftfold init --config OTHER"
            )
        }
        for (path, text) in files { try write(text, to: absolute(path), shown: path) }
        return files.map(\.0)
    }

    private func parsedTables() throws(ConfigurationError) -> [TableName] {
        var result: [TableName] = []
        for item in tables.split(separator: ",", omittingEmptySubsequences: false) {
            let written = item.trimmingCharacters(in: .whitespaces)
            guard let table = TableName(parsing: written) else {
                throw ConfigurationError(
                    [.init(.flag("--tables"), "\"\(written)\" is not a table name", hint: "write schema.table")])
            }
            if !result.contains(table) { result.append(table) }
        }
        return result
    }

    /// A file that appears between the check and here is not overwritten either.
    private func write(_ text: String, to path: String, shown: String) throws(ConfigurationError) {
        let url = URL(fileURLWithPath: path)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: url, options: force ? .atomic : .withoutOverwriting)
            // A connection string may hold a password.
            if self.url != nil { try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path) }
        } catch {
            throw ConfigurationError([.init(.file(shown), "cannot be written: \(error.localizedDescription)")])
        }
    }

    private var nextSteps: String {
        """

        Next:
          1. name your tables in \(config) and write your views into views/
          2. leftfold doctor     checks the server, and prints the SQL for what is missing
          3. leftfold run        builds the views and keeps them current

        """
    }
}

/// The text of the files that `leftfold init` writes.
struct ConfigurationTemplate {
    /// Nil for the environment's `DATABASE_URL`.
    var url: String?
    /// Never empty.
    var tables: [TableName]

    var yaml: String {
        """
        # Leftfold. ${NAME} reads an environment variable. Paths count from this file's folder. Every setting can also be given as
        # an environment variable (LEFTFOLD_SOURCE_POSTGRES_URL) or a flag (--source-postgres-url); flags win.
        source:
          postgres:
            url: \(url.map { Self.quoted($0) } ?? "${DATABASE_URL}")
            slot: leftfold            # made by `leftfold run` when it is missing
            publication: leftfold     # likewise
            tables: [\(tables.map { Self.quotedIfNeeded($0.description) }.joined(separator: ", "))]

        data: ./data                  # the event log, state, and data/views.db
        views: ./views                # one .sql file per view

        stores:
          main: { sqlite: data/views.db }

        # The log keeps the latest record of each key; write keep for a table whose whole history you want.
        # retention: { \(Self.quotedIfNeeded(tables[0].description)): keep }

        """
    }

    var exampleView: String {
        """
        -- One view per file, in Postgres's own SQL. This one counts the rows of \(tables[0]);
        -- read it with: leftfold query 'SELECT * FROM example'
        CREATE MATERIALIZED VIEW example AS
        SELECT count(*) AS rows
        FROM \(tables[0]);

        """
    }

    private static func quotedIfNeeded(_ text: String) -> String {
        text.utf8.allSatisfy { isWordByte($0) || $0 == UInt8(ascii: ".") } ? text : quoted(text)
    }

    /// A double-quoted YAML scalar that reads back as `text`, whatever it holds.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.replacing("${", with: "$${").unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
