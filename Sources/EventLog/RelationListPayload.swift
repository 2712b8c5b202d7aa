public import Relational

/// The payload of a *snapshot complete* or *generation* frame.
///
/// | bytes | content |
/// |---|---|
/// | 0..<4 | count *n* |
/// | 4..<4+4n | relation OIDs, 32 bits each |
/// | then | zeros to the multiple of 8 |
public enum RelationListPayload {
    /// Appends the payload.
    public static func encode(_ relations: [RelationID], into slab: inout ByteSlab) {
        slab.append(integer: UInt32(clamping: relations.count))
        for relation in relations { slab.append(integer: relation.rawValue) }
        slab.pad8()
    }

    /// The relations, or nil when the payload is not well formed.
    public static func decode(_ payload: UnsafeRawBufferPointer) -> [RelationID]? {
        guard payload.count >= 8 else { return nil }
        let count = Int(UInt32(littleEndian: payload.loadUnaligned(as: UInt32.self)))
        guard payload.count == (4 + 4 * count + 7) & ~7 else { return nil }
        return (0..<count).map { index in
            RelationID(UInt32(littleEndian: payload.loadUnaligned(fromByteOffset: 4 + 4 * index, as: UInt32.self)))
        }
    }
}
