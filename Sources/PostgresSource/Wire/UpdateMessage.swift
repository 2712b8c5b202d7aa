public import Relational

/// `U`: a row was changed.
public struct UpdateMessage {
    /// The table.
    public var relation: RelationID
    /// The row before.
    public var old: OldTuple
    /// The row after; columns that are `unchanged` were not sent.
    public var new: TupleData

    /// Decodes the body; the type byte is already consumed.
    public init(from reader: inout WireReader) throws(WireError) {
        relation = RelationID(try reader.integer("update.relation"))
        var marker: UInt8 = try reader.integer("update.marker")
        old = .none
        if marker == UInt8(ascii: "K") || marker == UInt8(ascii: "O") {
            let tuple = try TupleData(from: &reader)
            old = marker == UInt8(ascii: "K") ? .key(tuple) : .full(tuple)
            marker = try reader.integer("update.marker")
        }
        guard marker == UInt8(ascii: "N") else { throw reader.error(.unknownValue, "update.marker") }
        new = try TupleData(from: &reader)
        try reader.finish("update")
    }
}
