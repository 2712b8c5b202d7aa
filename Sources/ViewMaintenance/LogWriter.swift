public import EventLog
import Foundation
public import Relational

/// Takes what a source reads into the log. The source's thread calls it; the log's own thread makes it durable.
///
/// A full disk holds the caller back: calls wait until a flush has found space, and throw `diskFull` once nobody waits any more
/// (`EventLog.stopWaitingForSpace`).
///
/// Nothing it is given counts as received until `durablePosition` says so: that is what a slot may be told (commit point 1).
public final class LogWriter: Sendable {
    private let log: EventLog

    public init(_ log: EventLog) {
        self.log = log
    }

    /// The last fsynced commit, position or complete snapshot; `.none` while the log has none. Safe from any thread.
    public var durablePosition: SourcePosition { log.frontier.source }

    /// The newest schema of every relation in the log.
    public var schemas: [RelationSchema] { log.newestSchemas }

    /// Binds the log to a server on first use.
    ///
    /// - Throws: `foreign` when it follows another one.
    public func follow(systemIdentifier: String, timeline: UInt32) throws {
        try log.follow(SourceIdentity(systemIdentifier: systemIdentifier, timeline: timeline))
    }

    /// The id under which rows of this schema are logged; a new version is logged first.
    public func schemaID(for schema: RelationSchema, readAt position: SourcePosition) throws -> SchemaID {
        try whenSpace { () throws(LogError) in try log.register(schema, readAt: position) }
    }

    /// A number for the parts of one large transaction.
    public func makeGroup() -> Int64 { Int64(log.makeGroup().rawValue) }

    /// A part of a transaction that is too large for one frame; invisible until its commit.
    public func appendPart(group: Int64, xid: UInt32, records: borrowing ByteSlab, recordCount: Int) throws {
        let header = TransactionHeader(xid: xid, commitEnd: .none, commitTime: 0)
        try append(.part, header, Self.group(group), records, recordCount)
    }

    /// A committed transaction, or its last part.
    public func appendCommit(
        _ header: TransactionHeader,
        group: Int64?,
        records: borrowing ByteSlab,
        recordCount: Int
    ) throws {
        try append(.commit, header, group.map(Self.group) ?? .none, records, recordCount)
    }

    /// Says that every published commit up to `position` is in the log.
    public func appendPosition(_ position: SourcePosition) throws {
        _ = try whenSpace { () throws(LogError) in try log.appendPosition(position, time: PostgresTime.now) }
    }

    /// A number for the frames of one snapshot.
    public func beginSnapshot() -> Int64 { makeGroup() }

    /// Rows of a snapshot; invisible until it is complete.
    public func appendSnapshot(_ id: Int64, records: borrowing ByteSlab, recordCount: Int) throws {
        let header = TransactionHeader(xid: 0, commitEnd: .none, commitTime: 0)
        try append(.snapshot, header, Self.group(id), records, recordCount)
    }

    /// Makes a snapshot visible, as the state at `position`.
    public func completeSnapshot(_ id: Int64, at position: SourcePosition, relations: [RelationID]) throws {
        let header = TransactionHeader(xid: 0, commitEnd: position, commitTime: PostgresTime.now)
        _ = try whenSpace { () throws(LogError) in
            try log.appendSnapshotComplete(group: Self.group(id), relations: relations, header: header)
        }
    }

    /// Makes everything appended so far durable.
    public func waitUntilDurable() throws { _ = try whenSpace { () throws(LogError) in try log.flush() } }

    private func append(
        _ kind: FrameKind,
        _ header: TransactionHeader,
        _ group: GroupID,
        _ records: borrowing ByteSlab,
        _ recordCount: Int
    ) throws(LogError) {
        let records = records.bytes
        _ = try whenSpace { () throws(LogError) in
            try log.append(kind: kind, header: header, group: group, records: records, recordCount: recordCount)
        }
    }

    /// Makes a call again, after the log's thread has found space, while there is none.
    @inline(__always)
    private func whenSpace<Result>(_ call: () throws(LogError) -> Result) throws(LogError) -> Result {
        while true {
            do throws(LogError) {
                return try call()
            } catch {
                guard error.code == .diskFull else { throw error }
                try log.waitForSpace()
            }
        }
    }

    private static func group(_ number: Int64) -> GroupID { GroupID(UInt64(bitPattern: number)) }
}

/// The clock, in the source's unit: microseconds since 2000-01-01 UTC.
enum PostgresTime {
    /// A time as ISO 8601 has it, to the second.
    static func text(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(microseconds) / 1_000_000 + 946_684_800).formatted(.iso8601)
    }

    static var now: Int64 { Int64((Date().timeIntervalSince1970 - 946_684_800) * 1_000_000) }

    /// Milliseconds since a time; 0 for one that is yet to come.
    static func age(of microseconds: Int64) -> Int64 {
        max(now.subtractingReportingOverflow(microseconds).partialValue, 0) / 1000
    }
}
