/// One message of pgoutput, protocol version 1.
///
/// Format: Postgres manual, "Logical Replication Message Formats".
public enum OutputMessage {
    case begin(BeginMessage)
    case commit(CommitMessage)
    case origin(OriginMessage)
    case relation(RelationMessage)
    case type(TypeMessage)
    case insert(InsertMessage)
    case update(UpdateMessage)
    case delete(DeleteMessage)
    case truncate(TruncateMessage)
    case message(LogicalMessage)

    /// Decodes one message; borrows its bytes.
    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = WireReader(bytes)
        switch try reader.integer("message.kind", as: UInt8.self) {
        case UInt8(ascii: "I"): self = .insert(try InsertMessage(from: &reader))
        case UInt8(ascii: "U"): self = .update(try UpdateMessage(from: &reader))
        case UInt8(ascii: "D"): self = .delete(try DeleteMessage(from: &reader))
        case UInt8(ascii: "B"): self = .begin(try BeginMessage(from: &reader))
        case UInt8(ascii: "C"): self = .commit(try CommitMessage(from: &reader))
        case UInt8(ascii: "R"): self = .relation(try RelationMessage(from: &reader))
        case UInt8(ascii: "Y"): self = .type(try TypeMessage(from: &reader))
        case UInt8(ascii: "T"): self = .truncate(try TruncateMessage(from: &reader))
        case UInt8(ascii: "O"): self = .origin(try OriginMessage(from: &reader))
        case UInt8(ascii: "M"): self = .message(try LogicalMessage(from: &reader))
        default: throw WireError(code: .unknownValue, field: "message.kind", byteOffset: 0)
        }
    }
}
