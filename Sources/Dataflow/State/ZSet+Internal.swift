#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Relational

extension ZSet {
    /// Writes the last row again, with some columns of another row.
    mutating func replaceLast(with other: RowView, columns: [Int], types: [ScalarType]) {
        var last = ZSet()
        last.append(row(at: count - 1), weight: 1)
        let weight = weight(at: count - 1)
        removeLast()
        let row = last.row(at: 0)
        let start = beginRow(columnCount: types.count)
        for (column, type) in types.enumerated() {
            let source = columns.contains(column) ? other : row
            slab.set(column, copying: source, column: column, isFixed: type.encoding.isFixed, in: start)
        }
        endRow(start, weight: weight)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether both hold the same bytes; without a call for 8 to 16 of them, the usual size of a key.
    @inline(__always)
    func isSame(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count > 0, let left = baseAddress, let right = other.baseAddress else { return true }
        guard count >= 8 && count <= 16 else { return memcmp(left, right, count) == 0 }
        let last = count &- 8
        let first = left.loadUnaligned(as: UInt64.self) ^ right.loadUnaligned(as: UInt64.self)
        let second =
            left.loadUnaligned(fromByteOffset: last, as: UInt64.self)
            ^ right.loadUnaligned(fromByteOffset: last, as: UInt64.self)
        return first | second == 0
    }
}
