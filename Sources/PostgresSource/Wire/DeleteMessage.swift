public import Relational

/// `D`: a row was deleted.
public struct DeleteMessage {
    /// The table.
    public var relation: RelationID
    /// The row before; never `none`.
    public var old: OldTuple

    /// Decodes the body; the type byte is already consumed.
    public init(from reader: inout WireReader) throws(WireError) {
        relation = RelationID(try reader.integer("delete.relation"))
        let marker: UInt8 = try reader.integer("delete.marker")
        guard marker == UInt8(ascii: "K") || marker == UInt8(ascii: "O") else {
            throw reader.error(.unknownValue, "delete.marker")
        }
        let tuple = try TupleData(from: &reader)
        old = marker == UInt8(ascii: "K") ? .key(tuple) : .full(tuple)
        try reader.finish("delete")
    }
}
