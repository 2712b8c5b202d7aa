/// What a change record says of its relation.
public enum ChangeOperation: UInt8, Sendable {
    case insert = 1
    case update = 2
    case delete = 3
    /// Every row of the relation is gone; the record carries no row.
    case truncate = 4
}

/// A read-only view of one change record: one row change as the source sent it. The pointer must outlive the view.
///
/// All integers little-endian; a record starts at an 8-byte boundary and its length is a multiple of 8.
///
/// | bytes | content |
/// |---|---|
/// | 0..<4 | byte count of the whole record |
/// | 4..<8 | schema id |
/// | 8 | operation |
/// | 9 | flags: 1 new row present, 2 old row present, 4 the old row has identity columns only (others read NULL) |
/// | 10..<12 | count of unchanged columns |
/// | 12..<16 | in a sparse frame of the log, the record's offset less the frame's first; else zero |
/// | 16.. | new row, if present |
/// | then | old row, if present |
/// | then | unchanged columns of the new row, UInt16 each, ascending, then zeros to the multiple of 8 |
///
/// *Unchanged* columns are TOASTed values the source did not send: they read NULL in the row and are not NULL.
@frozen
public struct ChangeRecord {
    // Unsafe: records are read in place where the log or the receive buffer holds them.
    public let base: UnsafeRawPointer

    @inlinable
    public init(_ base: UnsafeRawPointer) { self.base = base }

    @usableFromInline static var headerByteCount: Int { 16 }

    @inlinable
    public var byteCount: Int { Int(base.load(as: UInt32.self)) }

    @inlinable
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }

    @inlinable
    public var schemaID: SchemaID { SchemaID(base.load(fromByteOffset: 4, as: UInt32.self)) }

    /// The operation; a record that was validated or built here always has one.
    @inlinable
    public var operation: ChangeOperation {
        ChangeOperation(rawValue: base.load(fromByteOffset: 8, as: UInt8.self)) ?? .truncate
    }

    @inlinable
    var flags: UInt8 { base.load(fromByteOffset: 9, as: UInt8.self) }

    @inlinable
    public var newRow: RowView? { flags & 1 != 0 ? RowView(base + 16) : nil }

    @inlinable
    public var oldRow: RowView? {
        guard flags & 2 != 0 else { return nil }
        return RowView(base + oldRowStart)
    }

    @inlinable
    var oldRowStart: Int { flags & 1 != 0 ? 16 + RowView(base + 16).byteCount : 16 }

    /// In a sparse frame of the log, how far the record's offset lies above the frame's first one.
    @inlinable
    public var offsetDistance: Int { Int(base.load(fromByteOffset: 12, as: UInt32.self)) }

    /// Whether the old row holds only the identity columns.
    @inlinable
    public var oldRowIsIdentityOnly: Bool { flags & 4 != 0 }

    @inlinable
    public var unchangedCount: Int { Int(base.load(fromByteOffset: 10, as: UInt16.self)) }

    /// The index of the `index`-th unchanged column.
    @inlinable
    public func unchangedColumn(at index: Int) -> Int {
        var start = oldRowStart
        if flags & 2 != 0 { start += RowView(base + start).byteCount }
        return Int(base.load(fromByteOffset: start + 2 * index, as: UInt16.self))
    }
}

extension ChangeRecord {
    /// Checks that `bytes` start with one well-formed record and returns its byte count, or nil.
    ///
    /// `encodings` gives the column encodings of a schema, nil for one that does not exist.
    public static func validate(
        _ bytes: UnsafeRawBufferPointer,
        encodings: (SchemaID) -> [Encoding]?
    ) -> Int? {
        guard bytes.count >= headerByteCount, let base = bytes.baseAddress, Int(bitPattern: base) & 7 == 0
        else { return nil }
        let record = ChangeRecord(base)
        let byteCount = record.byteCount
        guard byteCount & 7 == 0, byteCount >= headerByteCount, byteCount <= bytes.count,
            let operation = ChangeOperation(rawValue: bytes[8]), record.flags & ~7 == 0,
            let columns = encodings(record.schemaID)
        else { return nil }
        let hasNew = record.flags & 1 != 0
        guard hasNew == (operation == .insert || operation == .update) else { return nil }
        var position = headerByteCount
        for present in [hasNew, record.flags & 2 != 0] where present {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position..<byteCount])
            guard let rowByteCount = RowView.validate(rest, encodings: columns) else { return nil }
            position += rowByteCount
        }
        for _ in 0..<record.unchangedCount {
            guard position + 2 <= byteCount,
                Int(base.loadUnaligned(fromByteOffset: position, as: UInt16.self)) < columns.count
            else { return nil }
            position += 2
        }
        guard byteCount - position < 8 else { return nil }
        return byteCount
    }
}

extension ChangeRecord {
    /// The first key column that the record does not tell, as an index into the schema's columns; nil when it tells them all, as it must
    /// unless it is a truncate or the relation has no key.
    ///
    /// The record is a well-formed one of the schema. A key column that was not sent again must stand in the old row.
    public func missingKeyColumn(of schema: RelationSchema) -> Int? {
        guard operation != .truncate else { return nil }
        let key = schema.keyColumns
        if let old = oldRow, let column = key.first(where: old.isNull) { return column }
        guard let new = newRow else { return oldRow == nil ? key.first : nil }
        return key.first { column in
            guard new.isNull(column) else { return false }
            let isUnchanged = (0..<unchangedCount).contains { unchangedColumn(at: $0) == column }
            return !(isUnchanged && oldRow != nil)
        }
    }
}

/// Writing change records into a slab: `beginRecord`, then the rows (new before old) through the row calls, then `endRecord`.
extension ByteSlab {
    /// Starts a record and returns its position. `oldIsIdentityOnly` matters only with an old row.
    @inlinable
    public mutating func beginRecord(
        _ operation: ChangeOperation,
        schema: SchemaID,
        hasNew: Bool,
        hasOld: Bool,
        oldIsIdentityOnly: Bool = false
    ) -> Int {
        assert(count & 7 == 0)
        let record = count
        let flags: UInt8 = (hasNew ? 1 : 0) | (hasOld ? 2 : 0) | (hasOld && oldIsIdentityOnly ? 4 : 0)
        let place = extend(by: 16)
        place.storeBytes(of: 0, as: UInt32.self)
        place.storeBytes(of: schema.rawValue, toByteOffset: 4, as: UInt32.self)
        place.storeBytes(of: operation.rawValue, toByteOffset: 8, as: UInt8.self)
        place.storeBytes(of: flags, toByteOffset: 9, as: UInt8.self)
        place.storeBytes(of: 0, toByteOffset: 10, as: UInt16.self)
        place.storeBytes(of: 0, toByteOffset: 12, as: UInt32.self)
        return record
    }

    /// Closes a record; `unchanged` are the columns of the new row that the source did not send, ascending.
    @inlinable
    public mutating func endRecord(_ record: Int, unchanged: [Int] = []) {
        if !unchanged.isEmpty {
            store(UInt16(unchanged.count), at: record + 10)
            for column in unchanged { append(integer: UInt16(column)) }
            pad8()
        }
        precondition(count - record <= UInt32.max, "a record is at most 4 GiB")
        store(UInt32(truncatingIfNeeded: count - record), at: record)
    }
}
