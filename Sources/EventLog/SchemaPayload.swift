#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
public import Relational

/// The payload of a *schema* frame.
///
/// | bytes | content |
/// |---|---|
/// | 0..<4 | schema id |
/// | 4..<8 | byte count *n* of the JSON |
/// | 8..<8+n | the `RelationSchema` as JSON, UTF-8, keys sorted |
/// | then | zeros to the multiple of 8 |
public enum SchemaPayload {
    /// Appends the payload.
    ///
    /// - Throws: `invalidAppend` for a schema that cannot be written as JSON.
    public static func encode(id: SchemaID, schema: RelationSchema, into slab: inout ByteSlab) throws(LogError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json: [UInt8]
        do {
            json = Array(try encoder.encode(schema))
        } catch {
            throw LogError(
                .invalidAppend,
                "schema of \(schema.name) cannot be written as JSON",
                detail: String(describing: error)
            )
        }
        slab.append(integer: id.rawValue)
        slab.append(integer: UInt32(clamping: json.count))
        json.withUnsafeBytes { slab.append($0) }
        slab.pad8()
    }

    /// The schema with its id, or nil when the payload is not well formed.
    public static func decode(_ payload: UnsafeRawBufferPointer) -> (id: SchemaID, schema: RelationSchema)? {
        guard payload.count >= 8 else { return nil }
        let id = SchemaID(UInt32(littleEndian: payload.loadUnaligned(as: UInt32.self)))
        let byteCount = Int(UInt32(littleEndian: payload.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        guard byteCount <= payload.count - 8, payload.count - 8 - byteCount < 8 else { return nil }
        let json = Array(payload[8..<8 + byteCount])
        guard let schema = try? JSONDecoder().decode(RelationSchema.self, from: Data(json)), isSound(schema)
        else { return nil }
        return (id, schema)
    }

    /// Whether every column index of the schema names one of its columns.
    static func isSound(_ schema: RelationSchema) -> Bool {
        let lists = schema.uniqueKeys + [schema.primaryKey, schema.identityColumns]
        return schema.columns.count <= 1600 && lists.joined().allSatisfy { schema.columns.indices.contains($0) }
    }
}
