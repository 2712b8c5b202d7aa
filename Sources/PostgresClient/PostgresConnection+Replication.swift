import CLibpq

/// What IDENTIFY_SYSTEM answers.
public struct SystemIdentity: Hashable, Sendable {
    /// The number that `initdb` gave the cluster; replicas share it.
    public var systemIdentifier: String
    /// The timeline that the server writes.
    public var timeline: UInt32
    /// Where its write-ahead log is flushed to, as `pg_lsn` text.
    public var walFlushLSN: String
}

/// What CREATE_REPLICATION_SLOT answers.
public struct CreatedSlot: Hashable, Sendable {
    /// Changes of transactions that commit after this position are in the slot, all others in the snapshot; `pg_lsn` text.
    public var consistentPoint: String
    /// The exported snapshot, usable until the next command on the connection.
    public var snapshotName: String
}

extension PostgresConnection {
    /// Asks the server who it is.
    public func identifySystem() throws(PostgresError) -> SystemIdentity {
        let result = try query("IDENTIFY_SYSTEM")
        guard let identifier = result[0, 0], let timeline = result[0, 1].flatMap({ UInt32($0) }), let lsn = result[0, 2]
        else { throw PostgresError(.unexpectedAnswer, "IDENTIFY_SYSTEM answered nothing usable") }
        return SystemIdentity(systemIdentifier: identifier, timeline: timeline, walFlushLSN: lsn)
    }

    /// The command that makes a logical slot with an exported snapshot; every version from 10 on takes this form.
    public static func createSlotCommand(_ slot: String) -> String {
        "CREATE_REPLICATION_SLOT \(SQLText.identifier(slot)) LOGICAL pgoutput EXPORT_SNAPSHOT"
    }

    /// Makes a logical slot; waits until the transactions that run now have ended, and calls `isWaiting` every second until then.
    public func createLogicalSlot(
        _ slot: String,
        isWaiting: () throws(PostgresError) -> Void = {}
    ) throws(PostgresError) -> CreatedSlot {
        try send(Self.createSlotCommand(slot), [])
        var nextCall = ContinuousClock.now + .seconds(1)
        while PQisBusy(connection) != 0 {
            try waitForAnswer(until: nextCall)
            if .now >= nextCall {
                try isWaiting()
                nextCall = .now + .seconds(1)
            }
        }
        let result = try finish()
        guard let point = result[0, 1], let snapshot = result[0, 2] else {
            throw PostgresError(.unexpectedAnswer, "CREATE_REPLICATION_SLOT answered nothing usable")
        }
        return CreatedSlot(consistentPoint: point, snapshotName: snapshot)
    }

    /// Starts streaming from a logical slot; `receive` and `sendCopyMessage` follow.
    ///
    /// The server starts at the later of `lsn` and the slot's confirmed position, silently: compare before.
    public func startReplication(
        slot: String,
        from lsn: String,
        protocolVersion: Int,
        publications: [String]
    ) throws(PostgresError) {
        let names = publications.map(SQLText.identifier).joined(separator: ",")
        let sql =
            "START_REPLICATION SLOT \(SQLText.identifier(slot)) LOGICAL \(lsn) (proto_version '\(protocolVersion)', "
            + "publication_names \(SQLText.plainLiteral(names)))"
        try send(sql, [])
        try beginCopy(PGRES_COPY_BOTH)
    }
}
