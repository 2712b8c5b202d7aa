import CLibpq

/// The rows that a query returned, as text.
public final class PostgresResult {
    // Unsafe: libpq's own object, freed with this one.
    private let result: OpaquePointer?

    init(_ result: OpaquePointer?) { self.result = result }

    deinit { PQclear(result) }

    /// The number of rows.
    public var rowCount: Int { Int(PQntuples(result)) }

    /// The number of columns.
    public var columnCount: Int { Int(PQnfields(result)) }

    /// The name of a column.
    public func columnName(_ column: Int) -> String {
        PQfname(result, Int32(truncatingIfNeeded: column)).map { String(cString: $0) } ?? ""
    }

    /// The type OID of a column.
    public func columnType(_ column: Int) -> UInt32 { PQftype(result, Int32(truncatingIfNeeded: column)) }

    /// What the command did, for example `INSERT 0 3`.
    public var commandTag: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

    /// The bytes of a cell, nil for NULL and for a cell that does not exist; valid as long as the result.
    public func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        guard row >= 0, row < rowCount, column >= 0, column < columnCount else { return nil }
        let (row, column) = (Int32(truncatingIfNeeded: row), Int32(truncatingIfNeeded: column))
        guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else { return nil }
        return UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
    }

    /// The text of a cell, nil for NULL and for a cell that does not exist.
    public subscript(row: Int, column: Int) -> String? {
        bytes(row, column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// All rows as text.
    public var rows: [[String?]] {
        (0..<rowCount).map { row in (0..<columnCount).map { self[row, $0] } }
    }
}
