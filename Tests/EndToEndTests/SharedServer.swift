import LocalPostgres
import PostgresClient

/// The one server of the suites in this process.
enum SharedServer {
    static let postgres: ThrowawayPostgres = {
        do {
            return try ThrowawayPostgres()
        } catch {
            // A live suite may not skip silently.
            fatalError("no Postgres server for the end-to-end tests: \(error)")
        }
    }()

    /// A connection to one of its databases.
    static func connect(_ database: String = "postgres") throws(PostgresError) -> PostgresConnection {
        try PostgresConnection(postgres.url(database: database))
    }
}
