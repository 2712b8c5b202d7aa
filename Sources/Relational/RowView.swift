#if canImport(Glibc)
    public import Glibc
#else
    public import Darwin
#endif

/// A read-only view of one packed row. The one row format of log, operators and state.
///
/// All integers little-endian; the row starts at an 8-byte boundary and its length is a multiple of 8.
///
/// | bytes | content |
/// |---|---|
/// | 0..<4 | byte count of the whole row |
/// | 4..<8 | bits 0–10 column count (Postgres allows 1600); bits 11–31 null bits of columns 0–20 |
/// | 8..<s | null bits of columns 21…, in 64-bit words; absent up to 21 columns |
/// | s..<s+8n | one 8-byte slot per column, see `Encoding`; a NULL's slot is 0 |
/// | s+8n.. | the variable values in column order, without gaps, then zeros to the multiple of 8 |
///
/// Equal images have equal bytes: there is one way to pack a row. The pointer must outlive the view.
@frozen
public struct RowView {
    // Unsafe: rows are read in place, wherever a slab, the log or a state file holds them.
    public let base: UnsafeRawPointer

    @inlinable
    public init(_ base: UnsafeRawPointer) { self.base = base }

    @inlinable
    public var byteCount: Int { Int(base.load(as: UInt32.self)) }

    @inlinable
    public var columnCount: Int { Int(header & 0x7FF) }

    @inlinable
    var header: UInt32 { base.load(fromByteOffset: 4, as: UInt32.self) }

    @inlinable
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }

    @inlinable
    public func isNull(_ column: Int) -> Bool {
        if column < 21 { return header &>> UInt32(truncatingIfNeeded: 11 + column) & 1 != 0 }
        let bit = column - 21
        return base.load(fromByteOffset: 8 + (bit >> 6) &<< 3, as: UInt64.self) &>> UInt64(bit & 63) & 1 != 0
    }

    /// Where column 0's slot starts.
    @inlinable
    public var slotsStart: Int { Self.slotsStart(columnCount: columnCount) }

    @inlinable
    public static func slotsStart(columnCount: Int) -> Int {
        columnCount <= 21 ? 8 : 8 + ((columnCount - 21 + 63) >> 6) &<< 3
    }

    @inlinable
    public func slot(_ column: Int) -> UInt64 {
        base.load(fromByteOffset: slotsStart &+ column &* 8, as: UInt64.self)
    }

    @inlinable
    public func int(_ column: Int) -> Int64 { Int64(bitPattern: slot(column)) }

    @inlinable
    public func float(_ column: Int) -> Double { Double(bitPattern: slot(column)) }

    @inlinable
    public func bool(_ column: Int) -> Bool { slot(column) != 0 }

    /// The bytes of a variable value; empty for NULL.
    @inlinable
    public func bytes(_ column: Int) -> UnsafeRawBufferPointer {
        let slot = slot(column)
        return UnsafeRawBufferPointer(start: base + Int(slot & 0xFFFF_FFFF), count: Int(slot &>> 32))
    }

    /// Whether both rows have the same image, byte for byte.
    @inlinable
    public func hasSameImage(as other: RowView) -> Bool {
        let count = byteCount
        return count == other.byteCount && memcmp(base, other.base, count) == 0
    }
}

extension RowView {
    /// Checks that `bytes` start with one well-formed row whose columns have `encodings`; for bytes from outside the process.
    ///
    /// Returns the row's byte count, or nil when anything is out of place. Values inside variable parts are not looked at.
    public static func validate(_ bytes: UnsafeRawBufferPointer, encodings: [Encoding]) -> Int? {
        guard let base = bytes.baseAddress, bytes.count >= 8, Int(bitPattern: base) & 7 == 0 else { return nil }
        let row = RowView(base)
        let byteCount = row.byteCount
        let slotsEnd = slotsStart(columnCount: encodings.count) + 8 * encodings.count
        guard byteCount & 7 == 0, byteCount <= bytes.count, byteCount >= slotsEnd, row.columnCount == encodings.count
        else { return nil }
        var next = slotsEnd
        for (column, encoding) in encodings.enumerated() {
            if row.isNull(column) {
                guard row.slot(column) == 0 else { return nil }
            } else if !encoding.isFixed {
                let slot = row.slot(column)
                guard Int(slot & 0xFFFF_FFFF) == next else { return nil }
                next += Int(slot >> 32)
                guard next <= byteCount else { return nil }
            }
        }
        guard byteCount - next < 8 else { return nil }
        return byteCount
    }
}
