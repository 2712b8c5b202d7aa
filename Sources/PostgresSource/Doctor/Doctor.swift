import PostgresClient
public import Relational

/// Looks at a server and its tables for everything that would stand in the way. Changes nothing, and reads no slot.
public struct Doctor {
    let configuration: SourceConfiguration
    let tableChecks: (RelationSchema, PublicationState) -> [DoctorCheck]

    /// A doctor for what a configuration wants to follow; `tableChecks` adds to the findings on each table that can be followed.
    public init(
        _ configuration: SourceConfiguration,
        tableChecks: @escaping (RelationSchema, PublicationState) -> [DoctorCheck] = { _, _ in [] }
    ) {
        self.configuration = configuration
        self.tableChecks = tableChecks
    }

    /// All findings, in the order in which they would be met. A server that cannot be reached is a finding, not an error.
    public func examine() -> [DoctorCheck] {
        let connection: PostgresConnection
        do throws(PostgresError) {
            connection = try PostgresConnection(configuration.url)
        } catch {
            return [DoctorCheck("connection", .problem, error.message, fix: error.hint)]
        }
        var checks = [
            DoctorCheck(
                "connection",
                .ok,
                "database \(connection.database) as \(connection.user), Postgres \(Self.version(connection.serverVersion))"
            )
        ]
        if connection.serverVersion < 140_000 {
            checks.append(DoctorCheck("version", .problem, "Postgres 14 is the oldest that is supported"))
            return checks
        }
        do {
            let server = ServerChecks(configuration, connection)
            checks += try server.settings()
            checks += try server.rights()
            checks += try TableChecks(configuration, connection).run(adding: tableChecks)
            checks += try SlotChecks(configuration, connection).run()
        } catch let error as PostgresError {
            checks.append(DoctorCheck("checks", .problem, error.message, fix: error.hint))
        } catch {
            checks.append(DoctorCheck("checks", .problem, "\(error)"))
        }
        return checks
    }

    static func version(_ number: Int) -> String { "\(number / 10000).\(number % 10000)" }
}
