internal import Relational

/// The entries of a batch in the order of a run: by key, under `sum` then by payload, then as they came.
///
/// 1. The front that all keys share is left out, and the next 8 bytes of each key, zeros behind its end, make a number that sorts as they
///    do. Numbers and indexes are sorted together by radix, a pass for each byte in which they differ; few ones by comparison.
/// 2. Entries with equal numbers are sorted by comparing what is left of them.
struct EntryOrder: ~Copyable {
    struct Item: BitwiseCopyable {
        var front: UInt64
        var index: Int
    }

    /// Below it counting bytes costs more than comparing.
    private static let radixMin = 512

    private var items: GrowableBuffer<Item>

    init(_ batch: borrowing EntryBatch, rule: MergeRule) {
        let count = batch.count
        items = GrowableBuffer(capacity: count)
        let shared = Self.sharedFront(batch)
        for index in 0..<count {
            items.append(Item(front: Self.front(batch.key(at: index), from: shared), index: index))
        }
        if count >= Self.radixMin {
            sortByRadix()
        } else {
            var few = UnsafeMutableBufferPointer(start: items.base, count: count)
            few.sort {
                $0.front == $1.front ? $0.index < $1.index : $0.front < $1.front
            }
        }
        sortTies(batch, rule: rule)
    }

    subscript(place: Int) -> Int { items[place].index }

    /// How many bytes at the front all keys share.
    private static func sharedFront(_ batch: borrowing EntryBatch) -> Int {
        guard batch.count > 0, let first = batch.key(at: 0).baseAddress else { return 0 }
        var shared = batch.key(at: 0).count
        for index in 1..<max(batch.count, 1) {
            let key = batch.key(at: index)
            shared = KeyOrder.common(first, key.baseAddress ?? first, limit: min(shared, key.count))
        }
        return shared
    }

    private static func front(_ key: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
        if key.count >= start + 8 {
            return UInt64(bigEndian: key.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        }
        var front: UInt64 = 0
        for position in start..<key.count { front |= UInt64(key[position]) << UInt64(56 - 8 * (position - start)) }
        return front
    }

    /// Least byte first; equal numbers keep their order.
    private mutating func sortByRadix() {
        let count = items.count
        var counts = GrowableBuffer<Int>(capacity: 8 * 256)
        counts.resize(to: 8 * 256, filling: 0)
        for index in 0..<count {
            var front = items[index].front
            for byte in 0..<8 {
                counts.base[byte &* 256 &+ Int(front & 255)] &+= 1
                front &>>= 8
            }
        }
        var other = GrowableBuffer<Item>(capacity: count)
        other.resize(to: count, filling: Item(front: 0, index: 0))
        for byte in 0..<8 {
            let places = counts.base + byte * 256
            let shift = UInt64(8 * byte)
            if places[Int(items[0].front >> shift & 255)] == count { continue }
            var next = 0
            for value in 0..<256 {
                let here = places[value]
                places[value] = next
                next += here
            }
            for index in 0..<count {
                let item = items.base[index]
                let value = Int(item.front &>> shift & 255)
                other.base[places[value]] = item
                places[value] &+= 1
            }
            swap(&items, &other)
        }
    }

    private mutating func sortTies(_ batch: borrowing EntryBatch, rule: MergeRule) {
        let entries = batch.entries.base
        let bytes = batch.slab.base
        var start = 0
        while start < items.count {
            var end = start &+ 1
            while end < items.count, items.base[end].front == items.base[start].front { end &+= 1 }
            if end - start > 1 {
                var ties = UnsafeMutableBufferPointer(start: items.base + start, count: end - start)
                ties.sort {
                    Self.isLess(entries[$0.index], entries[$1.index], bytes, rule) ?? ($0.index < $1.index)
                }
            }
            start = end
        }
    }

    /// Nil when they are equal.
    @inline(__always)
    private static func isLess(
        _ left: EntryBatch.Entry,
        _ right: EntryBatch.Entry,
        _ bytes: UnsafeRawPointer,
        _ rule: MergeRule
    ) -> Bool? {
        let leftKey = bytes + left.start
        let rightKey = bytes + right.start
        let order = KeyOrder.compare(leftKey, Int(left.keyLength), rightKey, Int(right.keyLength))
        if order != 0 { return order < 0 }
        if rule == .replace { return nil }
        let payloads = KeyOrder.compare(
            leftKey + Int(left.keyLength),
            Int(left.payloadLength),
            rightKey + Int(right.keyLength),
            Int(right.payloadLength)
        )
        return payloads == 0 ? nil : payloads < 0
    }
}
