public import Relational

/// Where a source writes. The source's thread calls it, except `durablePosition`, which is safe from any thread.
///
/// Calls may block while the log is full. What they throw ends the source.
public protocol SourceOutput: AnyObject {
    /// The last fsynced commit, position or snapshot completion; `.none` before the first.
    var durablePosition: SourcePosition { get }

    /// The newest schema of each relation in the log.
    var schemas: [RelationSchema] { get }

    /// Binds the log to a server on first use; throws when it follows another.
    func follow(systemIdentifier: String, timeline: UInt32) throws

    /// The id under which rows of this schema are logged; logs the schema when it differs from the relation's newest.
    func schemaID(for schema: RelationSchema, readAt: SourcePosition) throws -> SchemaID

    /// A number for the parts of one large transaction, never given twice for one log.
    func makeGroup() throws -> Int64

    /// A part of a transaction too large for one frame; nothing of it counts before its commit, which may never come.
    func appendPart(group: Int64, xid: UInt32, records: borrowing ByteSlab, recordCount: Int) throws

    /// A committed transaction; with a group, its last part.
    func appendCommit(
        _ header: TransactionHeader,
        group: Int64?,
        records: borrowing ByteSlab,
        recordCount: Int
    ) throws

    /// Says that every published commit up to `position` is in the log.
    func appendPosition(_ position: SourcePosition) throws

    /// Starts a snapshot and returns its number; nothing of it counts before `completeSnapshot`.
    func beginSnapshot() throws -> Int64

    /// Rows of a snapshot, as inserts.
    func appendSnapshot(_ id: Int64, records: borrowing ByteSlab, recordCount: Int) throws

    /// Makes a snapshot count, as the state of these relations at `position`.
    func completeSnapshot(_ id: Int64, at position: SourcePosition, relations: [RelationID]) throws

    /// Returns when everything appended so far is durable.
    func waitUntilDurable() throws
}
