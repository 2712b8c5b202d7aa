import Foundation
import PostgresStore
import TestSupport
import ViewStores

@testable import LocalPostgres

/// One server for the suites of this module.
enum SharedServer {
    static let postgres: ThrowawayPostgres = {
        do {
            return try ThrowawayPostgres()
        } catch {
            // A live suite may not skip silently.
            fatalError("no Postgres server for the tests of the store: \(error)")
        }
    }()
}

/// A database of its own on the shared server, gone with this value.
final class PostgresPlace: StorePlace {
    let server: ThrowawayPostgres
    let database: String
    let options: PostgresStore.Options

    init(
        _ server: ThrowawayPostgres = SharedServer.postgres,
        options: PostgresStore.Options = .init(lockTimeout: .seconds(2))
    ) throws {
        self.server = server
        self.options = options
        database = try server.makeDatabase()
    }

    deinit { _ = try? server.execute("DROP DATABASE \(database) WITH (FORCE)") }

    var url: String { server.url(database: database) }

    func open() throws -> any ViewStore { try store() }

    func store() throws -> PostgresStore { try PostgresStore(url: url, options: options) }

    /// What is committed, in a database of its own: a server forgets the transactions of processes that are killed.
    func copy() throws -> (any StorePlace)? {
        let place = try PostgresPlace(server, options: options)
        let file = server.directory + "/\(place.database).sql"
        defer { try? FileManager.default.removeItem(atPath: file) }
        for (program, arguments) in [
            ("pg_dump", ["--file", file, "--schema", "leftfold", "--dbname", url]),
            ("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file, place.url]),
        ] {
            let result = try server.runProgram(program, arguments)
            guard result.status == 0 else {
                throw LocalPostgresError(.commandFailed, "\(program) failed", detail: result.output)
            }
        }
        return place
    }
}
