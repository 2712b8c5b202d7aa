import PostgresClient

/// What a publication publishes.
public struct PublicationState: Hashable, Sendable {
    public var inserts: Bool
    public var updates: Bool
    public var deletes: Bool
    public var truncates: Bool

    /// Makes a state.
    public init(inserts: Bool, updates: Bool, deletes: Bool, truncates: Bool) {
        self.inserts = inserts
        self.updates = updates
        self.deletes = deletes
        self.truncates = truncates
    }

    /// What `run` makes.
    static let ours = PublicationState(inserts: true, updates: true, deletes: true, truncates: true)

    var publishesAll: Bool { missingActions.isEmpty }

    var missingActions: [String] {
        [("insert", inserts), ("update", updates), ("delete", deletes), ("truncate", truncates)]
            .filter { !$0.1 }.map(\.0)
    }

    static func read(_ name: String, _ connection: PostgresConnection) throws(PostgresError) -> PublicationState? {
        let result = try connection.query(
            "SELECT pubinsert, pubupdate, pubdelete, pubtruncate FROM pg_catalog.pg_publication WHERE pubname = $1",
            [name]
        )
        guard result.rowCount == 1 else { return nil }
        return PublicationState(
            inserts: result[0, 0] == "t",
            updates: result[0, 1] == "t",
            deletes: result[0, 2] == "t",
            truncates: result[0, 3] == "t"
        )
    }
}
