public import Relational

/// `O`: the transaction came to the source from another server.
public struct OriginMessage: Hashable, Sendable {
    /// Where it committed there.
    public var commitLSN: LSN
    /// The origin's name.
    public var name: String

    /// Decodes the body; the type byte is already consumed.
    public init(from reader: inout WireReader) throws(WireError) {
        commitLSN = LSN(try reader.integer("origin.commitLSN"))
        name = try reader.string("origin.name")
        try reader.finish("origin")
    }
}
