import Relational

/// Why a source stops, or does not start: going on would lose changes or needs a decision.
public struct SourceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of trouble.
    public enum Code: String, Sendable {
        /// The slot has moved past what the log holds.
        case gapSlotAhead
        /// The log holds changes and its slot is not there.
        case gapSlotMissing
        /// The server has thrown away what the slot still needed.
        case gapSlotLost
        /// The server is another one.
        case systemChanged
        /// The server has been promoted or restored since.
        case timelineChanged
        /// The server's write-ahead log ends before what the log holds.
        case serverBehindLog
        /// A slot of that name exists and is not this log's.
        case slotNotOurs
        /// Something must be made on the server and may not be.
        case creationRefused
        case publicationMissing
        case tableMissing
        case tableUnsupported
        /// A table that the first snapshot did not read.
        case tableNotInLog
        case serverSetting
        /// An update or delete does not say which row it means.
        case identityUnknown
        /// Bytes that are not the protocol's.
        case malformedMessage
        /// A text that is not a value of its column's type.
        case malformedValue
        /// Messages in an order that the protocol does not know.
        case protocolViolation
        /// The tables changed every time their snapshot began.
        case snapshotUnstable
    }

    /// The kind of trouble.
    public var code: Code
    /// One sentence, lowercase, without a period.
    public var message: String
    /// What is known of it.
    public var detail: String?
    /// The next command to run.
    public var hint: String?

    /// Makes an error.
    public init(_ code: Code, _ message: String, detail: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
    }

    /// Message, detail and hint as a person reads them.
    public var description: String {
        [message, detail, hint.map { "hint: \($0)" }].compactMap(\.self).joined(separator: "\n")
    }

    static func malformed(_ error: WireError, after lsn: LSN) -> SourceError {
        SourceError(.malformedMessage, error.description, detail: "after \(lsn)")
    }
}
