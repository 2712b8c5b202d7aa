public import Relational

/// `T`: every row of some tables is gone.
public struct TruncateMessage: Hashable, Sendable {
    /// Whether `CASCADE` was given; the tables it reached are among `relations`.
    public var isCascade: Bool
    /// Whether sequences were restarted.
    public var restartsIdentity: Bool
    /// The tables.
    public var relations: [RelationID]

    /// Decodes the body; the type byte is already consumed.
    public init(from reader: inout WireReader) throws(WireError) {
        let count: Int32 = try reader.integer("truncate.relationCount")
        let options: UInt8 = try reader.integer("truncate.options")
        guard options <= 3 else { throw reader.error(.unknownValue, "truncate.options") }
        isCascade = options & 1 != 0
        restartsIdentity = options & 2 != 0
        guard count >= 0, reader.remaining == Int(count) * 4 else {
            throw reader.error(reader.remaining < Int(count) * 4 ? .truncated : .leftover, "truncate.relations")
        }
        relations = []
        for _ in 0..<count { relations.append(RelationID(try reader.integer("truncate.relation"))) }
    }
}
