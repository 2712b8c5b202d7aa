#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
public import Relational

/// The rows of a delta in the order they are written: by key, so that neighbours share pages, and a delete before the insert of the
/// same key. For a bag, by the hash of the image.
///
/// 1. Each row gets an entry: the first 8 bytes of its key as an integer, and where the key's bytes lie.
/// 2. Entries are sorted by that integer, then by the bytes, then deletes first.
///
/// A single integer key and a hash are the integer itself and have no bytes.
public struct DeltaOrder: ~Copyable {
    /// One row in its place.
    public struct Entry: BitwiseCopyable {
        /// The first bytes of the key, or the hash of a bag's row.
        public var prefix: UInt64
        var keyStart: Int
        var keyCount: UInt32
        /// Twice the row's index, plus one for an insert.
        var tag: UInt32

        /// The row's index in the delta.
        public var row: Int { Int(tag >> 1) }
    }

    /// What the rows are ordered by.
    public enum Shape: Equatable, Sendable {
        /// One integer column that is never NULL.
        case integerKey(column: Int)
        /// Any other key.
        case keyed
        /// No key.
        case bag

        /// The shape of a view's rows.
        public init(_ view: ViewTable) {
            guard let key = view.key else {
                self = .bag
                return
            }
            let isInteger =
                key.count == 1 && view.columns[key[0]].isNotNull && view.columns[key[0]].type.encoding.isInteger
            self = isInteger ? .integerKey(column: key[0]) : .keyed
        }
    }

    private var entries = GrowableBuffer<Entry>()
    private var keys = ByteSlab()

    /// An order of no rows.
    public init() {}

    /// The number of rows.
    public var count: Int { entries.count }

    /// The row at one place.
    public subscript(index: Int) -> Entry { entries[index] }

    /// Whether the rows at two places have equal keys.
    public func hasEqualKeys(_ left: Int, _ right: Int) -> Bool {
        let left = entries[left]
        let right = entries[right]
        return left.prefix == right.prefix && left.keyCount == right.keyCount
            && memcmp(keys.base + left.keyStart, keys.base + right.keyStart, Int(left.keyCount)) == 0
    }

    /// Orders the rows of a delta.
    ///
    /// - Throws: `inconsistent` for a NULL in an integer key.
    public mutating func fill(_ delta: borrowing ZSet, of view: ViewTable, _ shape: Shape) throws(StoreError) {
        try begin(delta.count, of: view)
        let key = (view.key ?? []).map { ($0, view.columns[$0].type.encoding) }
        for index in 0..<delta.count {
            try append(delta.row(at: index), index, delta.weight(at: index), view, shape, key)
        }
        sort()
    }

    /// Orders rows that lie anywhere, by their place in `rows`.
    ///
    /// - Throws: `inconsistent` for a NULL in an integer key.
    public mutating func fill(_ rows: borrowing GrowableBuffer<RowView>, of view: ViewTable) throws(StoreError) {
        try begin(rows.count, of: view)
        let shape = Shape(view)
        let key = (view.key ?? []).map { ($0, view.columns[$0].type.encoding) }
        for index in 0..<rows.count { try append(rows[index], index, 1, view, shape, key) }
        sort()
    }

    private mutating func begin(_ count: Int, of view: ViewTable) throws(StoreError) {
        entries.removeAll()
        keys.removeAll()
        guard count <= Int(UInt32.max >> 1) else {
            throw StoreError(.unsupported, "view \"\(view.name)\" has \(count) rows to be ordered at once")
        }
    }

    private mutating func append(
        _ row: RowView,
        _ index: Int,
        _ weight: Int64,
        _ view: ViewTable,
        _ shape: Shape,
        _ key: [(Int, Encoding)]
    ) throws(StoreError) {
        switch shape {
        case .integerKey(let column):
            if row.isNull(column) { throw .inconsistent(view.name, "a row has NULL in its key") }
            append(UInt64(bitPattern: row.int(column)) ^ (1 << 63), index, weight)
        case .bag: append(row.imageHash, index, weight)
        case .keyed: appendKey(of: row, index, weight, key)
        }
    }

    /// Frees large buffers after one huge delta.
    public mutating func shrink() {
        entries.removeAll()
        keys.removeAll()
        keys.shrink(keeping: 1 << 20)
        if entries.byteCapacity > 1 << 20 { entries = GrowableBuffer() }
    }

    private mutating func append(_ prefix: UInt64, _ index: Int, _ weight: Int64) {
        let tag = UInt32(truncatingIfNeeded: index) << 1 | (weight > 0 ? 1 : 0)
        entries.append(Entry(prefix: prefix, keyStart: 0, keyCount: 0, tag: tag))
    }

    private mutating func appendKey(of row: RowView, _ index: Int, _ weight: Int64, _ key: [(Int, Encoding)]) {
        let start = keys.count
        for (column, encoding) in key { KeyEncoder.append(row, column: column, as: encoding, into: &keys) }
        let count = keys.count - start
        var prefix: UInt64 = 0
        if count >= 8 {
            prefix = UInt64(bigEndian: keys.base.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        } else {
            for byte in 0..<count {
                prefix |= UInt64(keys.base.load(fromByteOffset: start + byte, as: UInt8.self)) << (56 - 8 * byte)
            }
        }
        let tag = UInt32(truncatingIfNeeded: index) << 1 | (weight > 0 ? 1 : 0)
        // A key of 4 GiB loses bits here and is compared by fewer bytes; no store takes a row of that size.
        entries.append(
            Entry(prefix: prefix, keyStart: start, keyCount: UInt32(truncatingIfNeeded: count), tag: tag)
        )
    }

    private mutating func sort() {
        let bytes = keys.base
        var all = UnsafeMutableBufferPointer(start: entries.base, count: entries.count)
        all.sort { left, right in
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            let common = Int(min(left.keyCount, right.keyCount))
            if common > 0 {
                let order = memcmp(bytes + left.keyStart, bytes + right.keyStart, common)
                if order != 0 { return order < 0 }
            }
            if left.keyCount != right.keyCount { return left.keyCount < right.keyCount }
            return left.tag & 1 < right.tag & 1
        }
    }
}

extension RowView {
    /// Whether both rows have the same image of some columns.
    public func hasSameImage(as other: RowView, in columns: [Int], _ encodings: [Encoding]) -> Bool {
        for column in columns {
            let isNull = isNull(column)
            if isNull != other.isNull(column) { return false }
            if isNull { continue }
            if encodings[column].isFixed {
                if slot(column) != other.slot(column) { return false }
            } else if !bytes(column).elementsEqual(other.bytes(column)) {
                return false
            }
        }
        return true
    }
}

extension Encoding {
    /// Whether the slot is an integer in the order of its values.
    public var isInteger: Bool {
        switch self {
        case .bool, .int2, .int4, .int8: true
        default: false
        }
    }
}
