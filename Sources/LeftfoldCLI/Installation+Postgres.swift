import EventLog
import Foundation
import PostgresClient
import PostgresSource
import Relational
import ViewMaintenance

/// What the commands ask of the server.
extension Installation {
    /// The source that feeds the log.
    func makeSource(
        _ output: LogWriter,
        createsMissing: Bool,
        until: LSN?,
        report: @escaping @Sendable (String) -> Void
    ) throws -> PostgresChangeSource {
        try PostgresChangeSource(
            postgres,
            output: output,
            createsMissing: createsMissing,
            until: until,
            bufferByteMax: configuration.memory.sourceByteMax,
            logger: logger,
            report: report
        )
    }

    /// The database at one LSN; see `SourceSnapshot.init`.
    func openSnapshot(lockTimeout: Duration) throws -> SourceSnapshot {
        try SourceSnapshot(url: postgres.url, lockTimeout: lockTimeout)
    }

    private var sourceConfiguration: SourceConfiguration {
        SourceConfiguration(
            url: postgres.url,
            slot: postgres.slot,
            publication: postgres.publication,
            tables: postgres.tables.map(\.qualified)
        )
    }

    /// Every check of `doctor`.
    func diagnose() -> [DoctorCheck] {
        Doctor(sourceConfiguration, tableChecks: configuration.retention.examine).examine() + diagnoseStores()
    }

    /// Drops slot and publication; returns the SQL that was run.
    func destroySource() throws -> [String] {
        let connection = try PostgresConnection(postgres.url)
        defer { connection.close() }
        return try PostgresSource.destroy(connection, slot: postgres.slot, publication: postgres.publication)
    }
}
