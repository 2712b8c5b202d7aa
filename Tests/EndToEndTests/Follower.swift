import Foundation
import LocalPostgres
import PostgresClient
import Relational
import SQLiteStore
import Testing
import ViewMaintenance
import ViewPlan

@testable import LeftfoldCLI

/// One installation in a folder of its own, following a database of its own on the shared server.
final class Follower: Sendable {
    let database: String
    let folder: String
    let slot: String
    let url: String

    /// Makes the folder and, unless one is given, the database. `url` makes it follow something else than the database.
    init(
        database: String? = nil,
        ddl: [String],
        tables: [String],
        views: [TestView],
        url: String? = nil
    ) throws {
        self.database = try database ?? SharedServer.postgres.makeDatabase()
        slot = "slot_\(self.database)"
        folder = NSTemporaryDirectory() + "leftfold-e2e-" + UUID().uuidString.prefix(8).lowercased()
        self.url = url ?? SharedServer.postgres.url(database: self.database)
        try FileManager.default.createDirectory(atPath: folder + "/views", withIntermediateDirectories: true)
        let connection = try connect()
        for statement in ddl { try connection.query(statement) }
        connection.close()
        try configure(tables: tables)
        for view in views { try write(view) }
    }

    var configurationPath: String { folder + "/leftfold.yaml" }
    var dataFolder: String { folder + "/data" }
    var storePath: String { dataFolder + "/views.db" }

    /// Writes `leftfold.yaml`, with further settings at its end.
    func configure(tables: [String], adding settings: String = "") throws {
        let yaml = """
            source:
              postgres:
                url: "\(url)"
                slot: \(slot)
                publication: leftfold
                tables: [\(tables.map { "public.\($0)" }.joined(separator: ", "))]
            data: ./data
            views: ./views
            state: { checkpoint: 100ms }
            \(settings)

            """
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: configurationPath))
    }

    func write(_ view: TestView) throws {
        try Data("\(view.select)\n".utf8).write(to: URL(fileURLWithPath: path(of: view.name)))
    }

    func removeView(_ name: String) throws { try FileManager.default.removeItem(atPath: path(of: name)) }

    private func path(of view: String) -> String { "\(folder)/views/\(view).sql" }

    func connect() throws -> PostgresConnection { try SharedServer.connect(database) }

    var installation: Installation {
        get throws { Installation(try Configuration.load(path: configurationPath, environment: [:])) }
    }

    /// The rows by which a view differs from the server's answer to its SELECT, with `relations` as the log describes them.
    func differences(
        _ view: TestView,
        _ connection: PostgresConnection,
        _ relations: [RelationSchema]
    ) throws -> [ViewComparison.Difference] {
        let compiled = try installation.viewFolder.compile(relations)
        let found = try #require(compiled.first { $0.name == view.name })
        let definition = try found.result.get()
        var comparison = ViewComparison(definition.columns)
        try SQLiteStore(path: storePath, options: .init(isReadOnly: true)).scan(ViewVersion.table(of: definition)) {
            comparison.addView($0)
        }
        comparison.addSource(try SourceSnapshot.packed(try connection.query(view.question), definition.columns))
        return try comparison.differences(limit: 5).first
    }

    /// Drops slot, database and folder.
    func destroy() throws {
        let server = try SharedServer.connect()
        defer { server.close() }
        try dropSlots(server)
        try server.query("DROP DATABASE \(database) WITH (FORCE)")
        try FileManager.default.removeItem(atPath: folder)
    }

    /// Drops slot, publication, tables and folder: the database is empty again.
    func clear() throws {
        let connection = try connect()
        defer { connection.close() }
        try dropSlots(connection)
        try connection.query("DROP PUBLICATION IF EXISTS leftfold")
        try connection.query("DROP SCHEMA public CASCADE")
        try connection.query("CREATE SCHEMA public")
        try FileManager.default.removeItem(atPath: folder)
    }

    private func dropSlots(_ connection: PostgresConnection) throws {
        for _ in 0..<200 {
            let active = try connection.value(
                "SELECT count(*) FROM pg_replication_slots WHERE database = '\(database)' AND active"
            )
            if active == "0" { break }
            usleep(10_000)
        }
        try connection.query(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '\(database)'"
        )
    }
}
