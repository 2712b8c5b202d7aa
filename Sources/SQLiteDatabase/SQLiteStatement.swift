import CSQLite

/// A compiled statement. Parameters count from 1, columns from 0, as in SQLite.
///
/// Bytes are neither copied in nor out: what is bound must stay in place until the statement has run or is bound anew, and what a
/// column returns is valid until the next `step` or `reset`.
public final class SQLiteStatement {
    /// How SQLite stores one value.
    public enum StorageClass: Int32, Sendable {
        case integer = 1
        case real = 2
        case text = 3
        case blob = 4
        case null = 5
    }

    let handle: OpaquePointer
    private let connection: SQLiteConnection

    init(handle: OpaquePointer, connection: SQLiteConnection) {
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    /// Binds an integer.
    public func bind(_ parameter: Int, int value: Int64) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, Int32(truncatingIfNeeded: parameter), value))
    }

    /// Binds a float. SQLite has no NaN and would store NULL.
    public func bind(_ parameter: Int, double value: Double) throws(SQLiteError) {
        try check(sqlite3_bind_double(handle, Int32(truncatingIfNeeded: parameter), value))
    }

    /// Binds UTF-8 in place.
    public func bind(_ parameter: Int, text value: UnsafeRawBufferPointer) throws(SQLiteError) {
        // An empty buffer may have no address, and SQLite takes a null pointer for NULL.
        let start = value.baseAddress ?? Self.emptyValue
        let text = start.assumingMemoryBound(to: CChar.self)
        let count = UInt64(value.count)
        try check(
            sqlite3_bind_text64(
                handle,
                Int32(truncatingIfNeeded: parameter),
                text,
                count,
                nil,
                UInt8(SQLITE_UTF8)
            )
        )
    }

    /// Binds bytes in place.
    public func bind(_ parameter: Int, blob value: UnsafeRawBufferPointer) throws(SQLiteError) {
        let start = value.baseAddress ?? Self.emptyValue
        let count = UInt64(value.count)
        try check(sqlite3_bind_blob64(handle, Int32(truncatingIfNeeded: parameter), start, count, nil))
    }

    /// Binds a copy of UTF-8.
    public func bind(_ parameter: Int, copying value: UnsafeRawBufferPointer) throws(SQLiteError) {
        try check(bindCopy(parameter, value))
    }

    /// Binds a copy of a string.
    public func bind(_ parameter: Int, text value: String) throws(SQLiteError) {
        var value = value
        try check(value.withUTF8 { bindCopy(parameter, UnsafeRawBufferPointer($0)) })
    }

    private func bindCopy(_ parameter: Int, _ value: UnsafeRawBufferPointer) -> Int32 {
        // SQLITE_TRANSIENT: SQLite copies the text before the call returns.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        let start = value.baseAddress ?? Self.emptyValue
        return sqlite3_bind_text64(
            handle,
            Int32(truncatingIfNeeded: parameter),
            start.assumingMemoryBound(to: CChar.self),
            UInt64(value.count),
            transient,
            UInt8(SQLITE_UTF8)
        )
    }

    /// Binds NULL.
    public func bindNull(_ parameter: Int) throws(SQLiteError) {
        try check(sqlite3_bind_null(handle, Int32(truncatingIfNeeded: parameter)))
    }

    /// Runs up to the next row; false when there is none, and the statement is then reset.
    public func step() throws(SQLiteError) -> Bool {
        let result = sqlite3_step(handle)
        if result == SQLITE_ROW { return true }
        // The message must be read before the reset, and a failed statement keeps locks until it is reset.
        let failure = result == SQLITE_DONE ? nil : connection.error(result)
        sqlite3_reset(handle)
        if let failure { throw failure }
        return false
    }

    /// Runs a statement that returns no rows, and returns how many it wrote.
    @discardableResult
    public func run() throws(SQLiteError) -> Int {
        if try step() { reset() }
        return connection.changeCount
    }

    /// Ends the run; bound values stay.
    public func reset() { sqlite3_reset(handle) }

    /// Columns of the result.
    public var columnCount: Int { Int(sqlite3_column_count(handle)) }

    /// The name of a result column.
    public func columnName(_ column: Int) -> String {
        sqlite3_column_name(handle, Int32(truncatingIfNeeded: column)).map { String(cString: $0) } ?? ""
    }

    /// How the value of a column is stored.
    public func storageClass(_ column: Int) -> StorageClass {
        StorageClass(rawValue: sqlite3_column_type(handle, Int32(truncatingIfNeeded: column))) ?? .null
    }

    /// A column as an integer, converted if it is none.
    public func int(_ column: Int) -> Int64 { sqlite3_column_int64(handle, Int32(truncatingIfNeeded: column)) }

    /// A column as a float, converted if it is none.
    public func double(_ column: Int) -> Double { sqlite3_column_double(handle, Int32(truncatingIfNeeded: column)) }

    /// The bytes of a text or blob; empty for NULL.
    public func bytes(_ column: Int) -> UnsafeRawBufferPointer {
        let column = Int32(truncatingIfNeeded: column)
        // The pointer before the count: the first call may convert the value.
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
    }

    /// A column as a string; empty for NULL.
    public func text(_ column: Int) -> String {
        String(decoding: bytes(column), as: UTF8.self)
    }

    // Unsafe: the address of one byte that lives as long as the process; only its being an address is used.
    private nonisolated(unsafe) static let emptyValue = UnsafeRawPointer(
        UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
    )

    @inline(__always)
    private func check(_ result: Int32) throws(SQLiteError) {
        if result != SQLITE_OK { throw connection.error(result) }
    }
}
