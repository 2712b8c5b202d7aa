import Relational
import StateFiles

/// The ends of a slot's ordered values that results are made of; none for a list, which shows them all.
struct ValueEnds: OptionSet {
    let rawValue: UInt8

    static let least = ValueEnds(rawValue: 1)
    static let greatest = ValueEnds(rawValue: 2)
}

/// Where a group has one of its ordered multisets of values.
///
/// | bytes of the group's block from `offset` on | content |
/// |---|---|
/// | 0..<4 | root of the tree with all values |
/// | 4..<8 | or the place of their `PartialValues`, 0 for none |
struct ValueSlot {
    /// 0 for images, 1 + the number of the accumulator.
    var number: Int
    var offset: Int
    var ends: ValueEnds

    static let byteCount = 8
}

/// Ordered values of a group of which files have more than memory should. Each has the weight that the runs have for it, and `changes`.
///
/// 1. What a result needs are the *known ends*: totals of all values from an end up to an edge. A change within the edge changes them too.
/// 2. When the last value of a known end goes, the next ones are read inward from the edge: runs and changes merged, about a block of them.
///    So nothing that has cancelled out is read twice.
/// 3. Changes that come into the runs are taken out of `changes` when those runs are taken in.
struct PartialValues {
    /// The tree of weights that are not in the runs; a key is what the runs have as payload, and images are empty.
    var changes: UInt32 = Arena.none
    var least = KnownEnd()
    var greatest = KnownEnd()
    /// Whether `changes` is still to be made, out of what waits to be handed over.
    var isNew = false

    subscript(end: RunEnd) -> KnownEnd {
        get { end == .least ? least : greatest }
        set { if end == .least { least = newValue } else { greatest = newValue } }
    }
}

/// The totals of all values from one end up to an edge.
struct KnownEnd {
    /// The tree of the values with their weights.
    var root: UInt32 = Arena.none
    /// The key of the innermost value that is known; empty when none is.
    var edge: [UInt8] = []
    /// Whether no value lies beyond the edge.
    var isAll = false

    /// Whether values have to be read before one can tell which is the outermost.
    var isSpent: Bool { root == Arena.none && !isAll }

    mutating func moveEdge(to key: UnsafeRawBufferPointer) {
        edge.removeAll(keepingCapacity: true)
        edge.append(contentsOf: key)
    }

    @inline(__always)
    func holds(_ key: UnsafeRawBufferPointer, at end: RunEnd) -> Bool {
        if isAll { return true }
        if edge.isEmpty { return false }
        let order = edge.withUnsafeBytes { key.compare($0) }
        return end == .least ? order <= 0 : order >= 0
    }
}

/// A value as the payload of an entry has it: key, image, length of the key (4 bytes). No key of a slot is the front of another one.
///
/// Unsafe: a view into bytes that the owner holds.
struct ValuePayload {
    let key: UnsafeRawBufferPointer
    let image: UnsafeRawBufferPointer

    /// Nil when the bytes are damaged.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let end = bytes.count - 4
        guard end >= 0, let base = bytes.baseAddress else { return nil }
        let length = Int(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: end, as: UInt32.self)))
        guard length <= end else { return nil }
        key = UnsafeRawBufferPointer(start: base, count: length)
        image = UnsafeRawBufferPointer(start: base + length, count: end - length)
    }
}

/// Values on their way into a tree.
struct ValueList: ~Copyable {
    struct Entry: BitwiseCopyable {
        var start: Int
        var keyCount: Int
        var imageCount: Int
        var weight: Int64
    }

    private var slab = ByteSlab()
    private var entries = GrowableBuffer<Entry>()

    var count: Int { entries.count }

    mutating func append(_ key: UnsafeRawBufferPointer, _ image: UnsafeRawBufferPointer, weight: Int64) {
        entries.append(Entry(start: slab.count, keyCount: key.count, imageCount: image.count, weight: weight))
        slab.append(key)
        slab.append(image)
    }

    /// Adds all values to a tree.
    func add(to root: inout UInt32, of values: inout OrderedValues) throws(DataflowError) {
        for index in 0..<entries.count {
            let entry = entries[index]
            let start = slab.base + entry.start
            try values.add(
                entry.weight,
                key: UnsafeRawBufferPointer(start: start, count: entry.keyCount),
                image: UnsafeRawBufferPointer(start: start + entry.keyCount, count: entry.imageCount),
                to: &root
            )
        }
    }
}
