public import Relational

/// What can go wrong in the event log.
public struct LogError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why; more codes may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let name: String

        public var description: String { name }

        /// There is no log in the folder.
        public static let notFound = Code(name: "not found")
        /// Another process, or another part of this one, has the log open for writing.
        public static let locked = Code(name: "locked")
        /// The log follows another source, or the file belongs to another log.
        public static let foreign = Code(name: "foreign")
        /// Bytes that were durable are no longer what was written.
        public static let corrupt = Code(name: "corrupt")
        /// Written by a newer version of Leftfold.
        public static let newerFormat = Code(name: "newer format")
        /// The file system refused a call.
        public static let io = Code(name: "io")
        /// No space is left on the device but the headroom, or a quota is used up. What was asked for was not done and can be asked
        /// for again: a flush that failed so has lost nothing.
        public static let diskFull = Code(name: "disk full")
        /// An earlier sync, or a write for another reason than missing space, failed; the log takes nothing more until it is opened again.
        public static let poisoned = Code(name: "poisoned")
        /// What was to be appended breaks a rule of the log; nothing was appended.
        public static let invalidAppend = Code(name: "invalid append")
        /// The offset is not in the log.
        public static let outOfRange = Code(name: "out of range")
        /// The reader stands below what compaction has taken away for good; it must begin again from the start of the log.
        public static let horizonPassed = Code(name: "horizon passed")
        /// There is a log already where one was to be made.
        public static let exists = Code(name: "exists")
        /// The log was closed.
        public static let closed = Code(name: "closed")
    }

    /// Where in the log the fault lies.
    public struct Place: Hashable, Sendable, CustomStringConvertible {
        public var path: String
        /// Position in the file.
        public var byteOffset: Int64?
        /// The log offset that is, or should be, there.
        public var offset: Offset?

        public init(path: String, byteOffset: Int64? = nil, offset: Offset? = nil) {
            self.path = path
            self.byteOffset = byteOffset
            self.offset = offset
        }

        public var description: String {
            var text = path
            if let byteOffset { text += " at byte \(byteOffset)" }
            if let offset { text += " (offset \(offset))" }
            return text
        }
    }

    public var code: Code
    /// Postgres style: lower-case, no period.
    public var message: String
    public var detail: String?
    /// The next command to run.
    public var hint: String?
    public var place: Place?

    public init(_ code: Code, _ message: String, detail: String? = nil, hint: String? = nil, place: Place? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
        self.place = place
    }

    public var description: String {
        place.map { "\(message): \($0)" } ?? message
    }
}

extension LogError {
    /// What to do about `diskFull`.
    static func spaceHint(_ path: String) -> String {
        "free space on the device of \(path); a daemon that runs goes on by itself, others are started again"
    }

    /// So little is left that it is kept for those who free space.
    static func lowSpace(_ free: Int64, needing needed: Int64, headroom: Int64, in directory: String) -> LogError {
        LogError(
            .diskFull,
            "no space to append: \(free >> 10) kB are free, \(needed >> 10) kB wait to be written and \(headroom >> 10) kB are kept free",
            hint: spaceHint(directory),
            place: LogError.Place(path: directory)
        )
    }

    static let corruptHint =
        "run leftfold log check; restore the folder from a backup or build a new log from the source"

    /// Bytes that should be there are not, or are not what was written.
    static func corrupt(_ message: String, detail: String? = nil, at place: Place) -> LogError {
        LogError(
            .corrupt,
            message,
            detail: detail,
            hint: corruptHint,
            place: place
        )
    }

    static func newerFormat(_ message: String, at place: Place) -> LogError {
        LogError(.newerFormat, message, hint: "use a version of leftfold that is at least as new", place: place)
    }
}
