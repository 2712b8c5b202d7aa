import PostgresClient
import Relational

/// What the server as a whole must allow.
struct ServerChecks {
    private let configuration: SourceConfiguration
    private let connection: PostgresConnection

    init(_ configuration: SourceConfiguration, _ connection: PostgresConnection) {
        self.configuration = configuration
        self.connection = connection
    }

    /// Settings.
    func settings() throws -> [DoctorCheck] { [try walLevel(), try keepSize()] }

    /// What the role may do, and whether there is room.
    func rights() throws -> [DoctorCheck] {
        [try replication()] + (try room()) + (try longTransaction())
    }

    private func walLevel() throws(PostgresError) -> DoctorCheck {
        let level = try setting("wal_level") ?? ""
        let switchesItself = try setting("effective_wal_level") != nil && level == "replica"
        if level == "logical" || switchesItself { return DoctorCheck("wal_level", .ok, level) }
        return DoctorCheck(
            "wal_level",
            .problem,
            "wal_level is \(level); following takes logical",
            fix: "ALTER SYSTEM SET wal_level = logical;  -- then restart the server"
        )
    }

    private func keepSize() throws(PostgresError) -> DoctorCheck {
        let size = try setting("max_slot_wal_keep_size") ?? "-1"
        guard size == "-1" else { return DoctorCheck("max_slot_wal_keep_size", .ok, size) }
        return DoctorCheck(
            "max_slot_wal_keep_size",
            .warning,
            "is not set: while leftfold is down, the server keeps write-ahead log until its disk is full",
            fix: "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();"
        )
    }

    private func replication() throws(PostgresError) -> DoctorCheck {
        let mayReplicate = try connection.value(
            "SELECT rolreplication OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
        )
        if mayReplicate == "t" { return DoctorCheck("replication privilege", .ok, connection.user) }
        return DoctorCheck(
            "replication privilege",
            .problem,
            "role \(connection.user) may not replicate",
            fix: "ALTER ROLE \(SQLText.identifier(connection.user)) REPLICATION;"
        )
    }

    private func room() throws(PostgresError) -> [DoctorCheck] {
        let row = try connection.query(
            """
            SELECT current_setting('max_replication_slots')::int, (SELECT count(*) FROM pg_catalog.pg_replication_slots),
                current_setting('max_wal_senders')::int,
                (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'walsender'),
                EXISTS (SELECT 1 FROM pg_catalog.pg_replication_slots WHERE slot_name = $1),
                EXISTS (SELECT 1 FROM pg_catalog.pg_replication_slots WHERE slot_name = $1 AND active)
            """,
            [configuration.slot]
        )
        func number(_ column: Int) -> Int { row[0, column].flatMap { Int($0) } ?? 0 }
        let (hasSlot, isActive) = (row[0, 4] == "t", row[0, 5] == "t")
        return [
            Self.room(
                "replication slots",
                used: number(1),
                of: number(0),
                isServed: hasSlot,
                setting: "max_replication_slots"
            ),
            Self.room("walsenders", used: number(3), of: number(2), isServed: isActive, setting: "max_wal_senders"),
        ]
    }

    private static func room(_ name: String, used: Int, of limit: Int, isServed: Bool, setting: String) -> DoctorCheck {
        if used < limit || isServed { return DoctorCheck(name, .ok, "\(used) of \(limit) in use") }
        return DoctorCheck(
            name,
            .problem,
            "all \(limit) are in use",
            fix: "ALTER SYSTEM SET \(setting) = \(limit + 5);  -- then restart the server"
        )
    }

    private func longTransaction() throws(PostgresError) -> [DoctorCheck] {
        guard try SlotState.read(configuration.slot, connection) == nil,
            let blocker = try LongTransaction.oldest(connection), blocker.seconds >= 10
        else { return [] }
        return [
            DoctorCheck(
                "long transactions",
                .warning,
                "making the slot would wait for \(blocker)",
                fix: "SELECT pg_terminate_backend(\(blocker.processID));  -- or let it end"
            )
        ]
    }

    private func setting(_ name: String) throws(PostgresError) -> String? {
        try connection.value("SELECT pg_catalog.current_setting($1, true)", [name])
    }
}
