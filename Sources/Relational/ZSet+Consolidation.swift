#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The sum of a row's weights does not fit Int64.
public struct WeightOverflow: Error, Hashable, Sendable {
    public init() {}
}

/// Consolidation: one entry per row image.
///
/// 1. Each row is looked up by the hash of its image in a table of group numbers; hits are compared byte for byte.
/// 2. Weights are summed in 128 bits, so only the sum counts and not the order in which it came about.
/// 3. Rows whose weight is 0 are dropped and the others move together in the slab, in order of their first appearance.
extension ZSet {
    /// Sums the weights of equal images and drops rows of weight 0. Rows keep the order of their first appearance; the slab then holds
    /// exactly the rows that are left. Linear in the bytes held.
    ///
    /// - Throws: `WeightOverflow`; the batch is then as it was.
    public mutating func consolidate() throws(WeightOverflow) {
        guard count > 1 else {
            if count == 1, weight(at: 0) == 0 { removeAll() }
            return
        }
        var groups = RowGroups(capacity: count)
        let base = slab.base
        for index in 0..<count {
            groups.add(RowView(base + positions[index]), position: positions[index], weight: rowWeights[index])
        }
        guard groups.fitsInt64 else { throw WeightOverflow() }
        keep(groups)
    }

    /// Moves the first row of each group whose weight is not 0 down over those that are dropped.
    private mutating func keep(_ groups: borrowing RowGroups) {
        let start = slab.pointer(at: 0)
        var next = 0
        positions.removeAll()
        rowWeights.removeAll()
        for group in 0..<groups.count {
            let weight = groups.weight(of: group)
            if weight == 0 { continue }
            let position = groups.position(of: group)
            let byteCount = RowView(UnsafeRawPointer(start) + position).byteCount
            if position != next { memmove(start + next, start + position, byteCount) }
            positions.append(next)
            rowWeights.append(Int64(truncatingIfNeeded: weight))
            next += byteCount
        }
        slab.truncate(to: next)
    }
}

/// The distinct rows of a batch in order of appearance, found through an open-addressed table.
private struct RowGroups: ~Copyable {
    /// Group number + 1 below, the upper half of the row's hash above; 0 is free. At most half full.
    private var slots: GrowableBuffer<UInt64>
    private var positions: GrowableBuffer<Int>
    private var weights: GrowableBuffer<Int128>
    private let mask: Int

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = GrowableBuffer(capacity: size)
        slots.resize(to: size, filling: 0)
        positions = GrowableBuffer(capacity: capacity)
        weights = GrowableBuffer(capacity: capacity)
        mask = size - 1
    }

    var count: Int { positions.count }

    func position(of group: Int) -> Int { positions[group] }

    func weight(of group: Int) -> Int128 { weights[group] }

    var fitsInt64: Bool {
        for group in 0..<count where Int64(exactly: weights[group]) == nil { return false }
        return true
    }

    /// `row` lies at `position`; all rows added lie in the same slab.
    mutating func add(_ row: RowView, position: Int, weight: Int64) {
        let hash = KeyHash.hash(row.bytes)
        let tag = hash >> 32
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let held = slots[slot]
            if held == 0 { break }
            if held >> 32 == tag {
                let group = Int(held & 0xFFFF_FFFF) - 1
                if RowView(row.base + (positions[group] - position)).hasSameImage(as: row) {
                    weights[group] += Int128(weight)
                    return
                }
            }
            slot = (slot + 1) & mask
        }
        positions.append(position)
        weights.append(Int128(weight))
        slots[slot] = tag << 32 | UInt64(positions.count)
    }
}
