import PostgresClient

/// The ordinary connection beside the stream, opened again when it was lost.
final class SideConnection {
    private var connection: PostgresConnection?
    private let open: () throws(PostgresError) -> PostgresConnection

    init(_ connection: PostgresConnection, open: @escaping () throws(PostgresError) -> PostgresConnection) {
        self.connection = connection
        self.open = open
    }

    /// Runs `body`, a second time on a new connection when the old one turns out to be gone.
    func retrying<Result>(
        _ body: (PostgresConnection) throws(PostgresError) -> Result
    ) throws(PostgresError) -> Result {
        if let connection, connection.isOpen {
            do {
                return try body(connection)
            } catch {
                guard error.code == .connectionLost else { throw error }
                self.connection = nil
            }
        }
        let fresh = try open()
        connection = fresh
        return try body(fresh)
    }
}
