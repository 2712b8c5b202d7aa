/// A replication message that is not what the protocol says.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with the bytes.
    public enum Code: String, Sendable {
        /// The message ends inside the field.
        case truncated
        /// The field's value has no meaning.
        case unknownValue
        /// Bytes follow the last field.
        case leftover
        /// A text that is not UTF-8.
        case invalidText
    }

    /// What is wrong with the bytes.
    public var code: Code
    /// The field, as `message.field`.
    public var field: String
    /// Where in the message the field starts.
    public var byteOffset: Int

    /// One sentence.
    public var description: String {
        let what =
            switch code {
            case .truncated: "ends early"
            case .unknownValue: "has a value without meaning"
            case .leftover: "is followed by bytes that nothing describes"
            case .invalidText: "is not UTF-8"
            }
        return "replication message: \(field) \(what), at byte \(byteOffset)"
    }
}
