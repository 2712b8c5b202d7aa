import CSQLite

/// What can go wrong with an SQLite database.
public struct SQLiteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// SQLite's primary result codes, by the names of its documentation.
    public struct Code: Hashable, Sendable {
        /// The code as SQLite numbers it.
        public let rawValue: Int32

        /// A primary result code; the extended part, if any, is dropped.
        public init(_ rawValue: Int32) { self.rawValue = rawValue & 0xFF }

        /// `SQLITE_ERROR`.
        public static let error = Code(1)
        /// `SQLITE_PERM`.
        public static let permission = Code(3)
        /// `SQLITE_BUSY`.
        public static let busy = Code(5)
        /// `SQLITE_LOCKED`.
        public static let locked = Code(6)
        /// `SQLITE_NOMEM`.
        public static let outOfMemory = Code(7)
        /// `SQLITE_READONLY`.
        public static let readOnly = Code(8)
        /// `SQLITE_IOERR`.
        public static let inputOutput = Code(10)
        /// `SQLITE_CORRUPT`.
        public static let corrupt = Code(11)
        /// `SQLITE_FULL`.
        public static let full = Code(13)
        /// `SQLITE_CANTOPEN`.
        public static let cannotOpen = Code(14)
        /// `SQLITE_SCHEMA`.
        public static let schemaChanged = Code(17)
        /// `SQLITE_TOOBIG`.
        public static let tooBig = Code(18)
        /// `SQLITE_CONSTRAINT`.
        public static let constraint = Code(19)
        /// `SQLITE_MISMATCH`.
        public static let mismatch = Code(20)
        /// `SQLITE_MISUSE`.
        public static let misuse = Code(21)
        /// `SQLITE_NOTADB`.
        public static let notADatabase = Code(26)
    }

    /// The primary result code.
    public var code: Code
    /// The extended result code, for example `SQLITE_CONSTRAINT_UNIQUE` (2067).
    public var extendedCode: Int32
    /// SQLite's own words.
    public var message: String
    /// The database file.
    public var path: String
    /// What to do about it, where that is known.
    public var hint: String?

    init(extendedCode: Int32, message: String, path: String) {
        code = Code(extendedCode)
        self.extendedCode = extendedCode
        self.message = message
        self.path = path
        hint = Self.hint(for: code, path: path)
    }

    /// Path and message.
    public var description: String { "\(path): \(message)" }

    private static func hint(for code: Code, path: String) -> String? {
        switch code {
        case .busy, .locked:
            "another process is writing \(path); find it with: fuser \(path)"
        case .permission, .readOnly:
            "make the file and its folder writable for this user: ls -l \(path)"
        case .full: "free some space, then start again: df -h \(path)"
        case .cannotOpen: "check that the folder exists and may be read: ls -ld \(folder(of: path))"
        case .notADatabase: "the file is no SQLite database; name another path, or move it away: file \(path)"
        case .corrupt:
            "move the file away and let the views be built anew, or look at it first: "
                + "sqlite3 \(path) 'PRAGMA integrity_check'"
        case .inputOutput: "look for errors of the disk: dmesg | tail"
        default: nil
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
