public import Relational

/// `I`: a row was inserted.
public struct InsertMessage {
    /// The table.
    public var relation: RelationID
    /// The row.
    public var new: TupleData

    /// Decodes the body; the type byte is already consumed.
    public init(from reader: inout WireReader) throws(WireError) {
        relation = RelationID(try reader.integer("insert.relation"))
        let marker: UInt8 = try reader.integer("insert.marker")
        guard marker == UInt8(ascii: "N") else { throw reader.error(.unknownValue, "insert.marker") }
        new = try TupleData(from: &reader)
        try reader.finish("insert")
    }
}
