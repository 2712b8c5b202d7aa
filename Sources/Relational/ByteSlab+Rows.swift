#if canImport(Glibc)
    public import Glibc
#else
    public import Darwin
#endif

/// Writing packed rows: `beginRow`, then each column once in ascending order, then `endRow`.
///
/// A column that is not set is NULL. `row` is what `beginRow` returned. The slab's count must be a multiple of 8 at the start.
extension ByteSlab {
    /// Starts a row of all NULLs and returns its position.
    @inlinable
    public mutating func beginRow(columnCount: Int) -> Int {
        assert(count & 7 == 0 && columnCount <= 1600)
        let row = count
        let slotsStart = RowView.slotsStart(columnCount: columnCount)
        let byteCount = slotsStart + 8 * columnCount
        let place = extend(by: byteCount)
        memset(place, 0, byteCount)
        let allNull: UInt32 = columnCount >= 21 ? 0xFFFF_F800 : ((1 &<< UInt32(columnCount)) &- 1) &<< 11
        place.storeBytes(of: UInt32(columnCount) | allNull, toByteOffset: 4, as: UInt32.self)
        var column = 21
        while column < columnCount {
            let bits = Swift.min(64, columnCount - column)
            let word: UInt64 = bits == 64 ? .max : (1 &<< UInt64(bits)) &- 1
            place.storeBytes(of: word, toByteOffset: 8 + (column - 21) >> 3, as: UInt64.self)
            column += 64
        }
        return row
    }

    @inlinable
    public mutating func set(_ column: Int, int value: Int64, in row: Int) {
        setSlot(column, UInt64(bitPattern: value), in: row)
    }

    @inlinable
    public mutating func set(_ column: Int, float value: Double, in row: Int) {
        setSlot(column, value.bitPattern, in: row)
    }

    @inlinable
    public mutating func set(_ column: Int, bool value: Bool, in row: Int) {
        setSlot(column, value ? 1 : 0, in: row)
    }

    /// Copies a variable value into the row. `value` must not point into this slab.
    @inlinable
    public mutating func set(_ column: Int, bytes value: UnsafeRawBufferPointer, in row: Int) {
        let place = beginBytes(column, in: row)
        append(value)
        endBytes(column, from: place, in: row)
    }

    /// Starts a variable value that is then appended to the slab piece by piece; ends with `endBytes`.
    @inlinable
    public mutating func beginBytes(_ column: Int, in row: Int) -> Int { count }

    @inlinable
    public mutating func endBytes(_ column: Int, from start: Int, in row: Int) {
        setSlot(column, UInt64(start - row) | UInt64(count - start) &<< 32, in: row)
    }

    @inlinable
    public mutating func setSlot(_ column: Int, _ slot: UInt64, in row: Int) {
        let place = storage + row
        let header = place.load(fromByteOffset: 4, as: UInt32.self)
        let columnCount = Int(header & 0x7FF)
        assert(column >= 0 && column < columnCount)
        if column < 21 {
            place.storeBytes(
                of: header & ~(1 &<< UInt32(truncatingIfNeeded: 11 + column)),
                toByteOffset: 4,
                as: UInt32.self
            )
        } else {
            let bit = column - 21
            let at = 8 + (bit >> 6) &<< 3
            let word = place.load(fromByteOffset: at, as: UInt64.self)
            place.storeBytes(of: word & ~(1 &<< UInt64(bit & 63)), toByteOffset: at, as: UInt64.self)
        }
        place.storeBytes(
            of: slot,
            toByteOffset: RowView.slotsStart(columnCount: columnCount) &+ column &* 8,
            as: UInt64.self
        )
    }

    /// Copies a column of another row, NULL or not.
    @inlinable
    public mutating func set(
        _ column: Int,
        copying source: RowView,
        column sourceColumn: Int,
        isFixed: Bool,
        in row: Int
    ) {
        if source.isNull(sourceColumn) { return }
        if isFixed {
            setSlot(column, source.slot(sourceColumn), in: row)
        } else {
            set(column, bytes: source.bytes(sourceColumn), in: row)
        }
    }

    /// Pads and closes the row; returns its byte count.
    @inlinable
    @discardableResult
    public mutating func endRow(_ row: Int) -> Int {
        pad8()
        let byteCount = count - row
        precondition(byteCount <= UInt32.max, "a row is at most 4 GiB; Postgres fields are at most 1 GB")
        store(UInt32(truncatingIfNeeded: byteCount), at: row)
        return byteCount
    }

    /// Appends a whole row as it is; returns its position. `row` must not point into this slab.
    @inlinable
    @discardableResult
    public mutating func append(row: RowView) -> Int {
        let start = count
        append(row.bytes)
        return start
    }
}
