import Relational

/// The keys of a batch in ascending order, each once, with the places in the batch at which they stand. NULL keys are left out.
struct SortedKeys: ~Copyable {
    private struct Item: BitwiseCopyable {
        /// The first 8 bytes behind what all keys begin with, big-endian.
        var prefix: UInt64
        var index: UInt32
    }

    /// Places in the batch, by key.
    private(set) var places: GrowableBuffer<UInt32>
    /// For each distinct key where its places start, and the end.
    private var starts: GrowableBuffer<UInt32>

    /// The number of distinct keys.
    var count: Int { starts.count - 1 }

    /// None.
    init() {
        places = GrowableBuffer()
        starts = GrowableBuffer()
        starts.append(0)
    }

    /// Those at some places, all when that is nil, that are wanted.
    init(
        _ keys: borrowing KeyBatch,
        at chosen: UnsafeBufferPointer<UInt32>? = nil,
        where isWanted: (Int) -> Bool = { _ in true }
    ) {
        let count = chosen?.count ?? keys.count
        var items: [Item] = []
        items.reserveCapacity(chosen == nil ? count : 0)
        for number in 0..<count {
            let index = chosen.map { Int($0[number]) } ?? number
            guard !keys.isNull(at: index) && isWanted(index) else { continue }
            items.append(Item(prefix: 0, index: UInt32(truncatingIfNeeded: index)))
        }
        let shared = Self.sharedPrefix(items, keys)
        for place in items.indices {
            items[place].prefix = Self.prefix(of: keys.bytes(at: Int(items[place].index)), from: shared)
        }
        Self.sort(&items, keys)
        places = GrowableBuffer(capacity: items.count)
        starts = GrowableBuffer(capacity: items.count + 1)
        for item in items {
            let isNew =
                places.count == 0
                || !keys.bytes(at: Int(places[places.count - 1])).isSame(
                    as: keys.bytes(at: Int(item.index))
                )
            if isNew { starts.append(UInt32(truncatingIfNeeded: places.count)) }
            places.append(item.index)
        }
        starts.append(UInt32(truncatingIfNeeded: places.count))
    }

    /// A place at which distinct key `index` stands.
    @inline(__always)
    func place(of index: Int) -> Int { Int(places[Int(starts[index])]) }

    /// Indexes into `places` of all places of distinct key `index`.
    @inline(__always)
    func range(of index: Int) -> Range<Int> { Int(starts[index])..<Int(starts[index + 1]) }

    private static func sort(_ items: inout [Item], _ keys: borrowing KeyBatch) {
        // By prefix alone first, which is all there is to most keys; then the runs of equal prefixes by their bytes.
        items.sort { $0.prefix == $1.prefix ? $0.index < $1.index : $0.prefix < $1.prefix }
        var start = 0
        while start < items.count {
            var end = start + 1
            while end < items.count && items[end].prefix == items[start].prefix { end += 1 }
            if end - start > 1 {
                // Insertion for the few, and no closure over the noncopyable batch.
                sort(&items, start, end, keys)
            }
            start = end
        }
    }

    /// Merge sort of items with equal prefixes, by their whole keys and then their places.
    private static func sort(_ items: inout [Item], _ start: Int, _ end: Int, _ keys: borrowing KeyBatch) {
        guard end - start > 1 else { return }
        let middle = (start + end) / 2
        sort(&items, start, middle, keys)
        sort(&items, middle, end, keys)
        func isInOrder(_ left: Item, _ right: Item) -> Bool {
            let order = keys.bytes(at: Int(left.index)).compare(keys.bytes(at: Int(right.index)))
            return order != 0 ? order < 0 : left.index < right.index
        }
        if isInOrder(items[middle - 1], items[middle]) { return }
        let left = Array(items[start..<middle])
        var (from, other, to) = (0, middle, start)
        while from < left.count {
            if other < end, !isInOrder(left[from], items[other]) {
                items[to] = items[other]
                other += 1
            } else {
                items[to] = left[from]
                from += 1
            }
            to += 1
        }
    }

    /// How many bytes all these keys begin with.
    private static func sharedPrefix(_ items: [Item], _ keys: borrowing KeyBatch) -> Int {
        guard let first = items.first else { return 0 }
        let reference = keys.bytes(at: Int(first.index))
        var shared = reference.count
        for item in items {
            let bytes = keys.bytes(at: Int(item.index))
            shared = min(shared, bytes.count)
            var equal = 0
            while equal < shared && bytes[equal] == reference[equal] { equal += 1 }
            shared = equal
            if shared == 0 { return 0 }
        }
        return shared
    }

    @inline(__always)
    private static func prefix(of bytes: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
        guard let base = bytes.baseAddress, bytes.count - start >= 8 else {
            var prefix: UInt64 = 0
            for position in start..<start + 8 {
                prefix = prefix << 8 | (position < bytes.count ? UInt64(bytes[position]) : 0)
            }
            return prefix
        }
        return UInt64(bigEndian: base.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    }
}
