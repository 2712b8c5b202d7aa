#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Relational

/// Ordered multisets of values, one tree per group: finding, adding and removing one takes O(log n) of the group's distinct values.
///
/// A treap whose priorities are hashes of the values: its shape depends on its content alone, whatever the history. Values are ordered by
/// their key bytes, equal keys by their image bytes. The owner keeps the root of each tree.
///
/// | node bytes | content |
/// |---|---|
/// | 0..<8 | left, right |
/// | 8..<16 | weight |
/// | 16..<28 | priority, key length, image length |
/// | 28.. | key, image |
struct OrderedValues: ~Copyable {
    private static let header = 28

    enum Side {
        static let left = 0
        static let right = 4
    }

    /// Where a child is linked: a field of a node, or the root.
    struct Link {
        var parent: UInt32
        var side: Int
    }

    private(set) var arena = Arena()
    private(set) var count = 0

    var byteCount: Int { arena.byteCount }

    /// Bytes of memory that a value takes.
    static func byteCount(_ key: UnsafeRawBufferPointer, _ image: UnsafeRawBufferPointer) -> Int {
        header + key.count + image.count
    }

    /// Adds weight to a value; at weight 0 it is gone.
    ///
    /// - Throws: `weightOverflow`, `stateTooLarge`.
    mutating func add(
        _ weight: Int64,
        key: UnsafeRawBufferPointer,
        image: UnsafeRawBufferPointer,
        to root: inout UInt32
    ) throws(DataflowError) {
        var link = Link(parent: Arena.none, side: Side.left)
        var node = root
        while node != Arena.none {
            let order = compare(node, key, image)
            if order == 0 { return try addWeight(weight, to: node, at: link, root: &root) }
            link = Link(parent: node, side: order < 0 ? Side.right : Side.left)
            node = child(link)
        }
        try insert(weight, key, image, &root)
    }

    private mutating func addWeight(
        _ weight: Int64,
        to node: UInt32,
        at link: Link,
        root: inout UInt32
    ) throws(DataflowError) {
        let place = arena.pointer(node)
        let sum = try place.load(fromByteOffset: 8, as: Int64.self).plusWeight(weight)
        place.storeBytes(of: sum, toByteOffset: 8, as: Int64.self)
        guard sum == 0 else { return }
        let merged = merge(child(Link(parent: node, side: Side.left)), child(Link(parent: node, side: Side.right)))
        set(link, merged, &root)
        free(node)
    }

    private mutating func insert(
        _ weight: Int64,
        _ key: UnsafeRawBufferPointer,
        _ image: UnsafeRawBufferPointer,
        _ root: inout UInt32
    ) throws(DataflowError) {
        let byteCount = Self.header + key.count + image.count
        guard arena.fits(byteCount: byteCount) else {
            throw DataflowError(.stateTooLarge, "the ordered values of an aggregate take more than 64 GiB")
        }
        let priority = UInt32(truncatingIfNeeded: KeyHash.hash(key) ^ (KeyHash.hash(image) &* 3))
        let fresh = arena.allocate(byteCount)
        let place = arena.pointer(fresh)
        place.storeBytes(of: weight, toByteOffset: 8, as: Int64.self)
        place.storeBytes(of: priority, toByteOffset: 16, as: UInt32.self)
        place.storeBytes(of: UInt32(truncatingIfNeeded: key.count), toByteOffset: 20, as: UInt32.self)
        place.storeBytes(of: UInt32(truncatingIfNeeded: image.count), toByteOffset: 24, as: UInt32.self)
        if let source = key.baseAddress { (place + Self.header).copyMemory(from: source, byteCount: key.count) }
        if let source = image.baseAddress {
            (place + Self.header + key.count).copyMemory(from: source, byteCount: image.count)
        }
        count += 1
        // Down to the first node of lower priority, then split what is below it.
        var link = Link(parent: Arena.none, side: Side.left)
        var node = root
        while node != Arena.none, self.priority(node) >= priority {
            link = Link(parent: node, side: compare(node, key, image) < 0 ? Side.right : Side.left)
            node = child(link)
        }
        set(link, fresh, &root)
        var lower = Link(parent: fresh, side: Side.left)
        var upper = Link(parent: fresh, side: Side.right)
        while node != Arena.none {
            if compare(node, key, image) < 0 {
                set(lower, node, &root)
                lower = Link(parent: node, side: Side.right)
                node = child(lower)
            } else {
                set(upper, node, &root)
                upper = Link(parent: node, side: Side.left)
                node = child(upper)
            }
        }
        set(lower, Arena.none, &root)
        set(upper, Arena.none, &root)
    }

    /// Joins two trees, all values of the first before those of the second.
    private func merge(_ first: UInt32, _ second: UInt32) -> UInt32 {
        var (lower, upper) = (first, second)
        var result = Arena.none
        var link = Link(parent: Arena.none, side: Side.left)
        while lower != Arena.none && upper != Arena.none {
            if priority(lower) >= priority(upper) {
                set(link, lower, &result)
                link = Link(parent: lower, side: Side.right)
                lower = child(link)
            } else {
                set(link, upper, &result)
                link = Link(parent: upper, side: Side.left)
                upper = child(link)
            }
        }
        set(link, lower != Arena.none ? lower : upper, &result)
        return result
    }

    private mutating func free(_ node: UInt32) {
        let place = arena.pointer(node)
        let lengths = place.load(fromByteOffset: 20, as: UInt32.self) + place.load(fromByteOffset: 24, as: UInt32.self)
        arena.free(node, Self.header + Int(lengths))
        count -= 1
    }

    /// Frees a whole tree.
    mutating func removeAll(_ root: inout UInt32) {
        var open = [root]
        while let node = open.popLast() {
            guard node != Arena.none else { continue }
            open.append(child(Link(parent: node, side: Side.left)))
            open.append(child(Link(parent: node, side: Side.right)))
            free(node)
        }
        root = Arena.none
    }

    // MARK: Nodes

    @inline(__always)
    func child(_ link: Link) -> UInt32 {
        arena.pointer(link.parent).load(fromByteOffset: link.side, as: UInt32.self)
    }

    @inline(__always)
    private func set(_ link: Link, _ node: UInt32, _ root: inout UInt32) {
        if link.parent == Arena.none {
            root = node
        } else {
            arena.pointer(link.parent).storeBytes(of: node, toByteOffset: link.side, as: UInt32.self)
        }
    }

    @inline(__always)
    private func priority(_ node: UInt32) -> UInt32 { arena.pointer(node).load(fromByteOffset: 16, as: UInt32.self) }

    @inline(__always)
    func key(_ node: UInt32) -> UnsafeRawBufferPointer {
        let place = arena.pointer(node)
        return UnsafeRawBufferPointer(
            start: place + Self.header,
            count: Int(place.load(fromByteOffset: 20, as: UInt32.self))
        )
    }

    @inline(__always)
    func image(_ node: UInt32) -> UnsafeRawBufferPointer {
        let place = arena.pointer(node)
        let keyLength = Int(place.load(fromByteOffset: 20, as: UInt32.self))
        return UnsafeRawBufferPointer(
            start: place + Self.header + keyLength,
            count: Int(place.load(fromByteOffset: 24, as: UInt32.self))
        )
    }

    /// Less than 0 when the node comes before the value.
    @inline(__always)
    private func compare(_ node: UInt32, _ key: UnsafeRawBufferPointer, _ image: UnsafeRawBufferPointer) -> Int {
        let order = compareKey(node, key)
        return order != 0 ? order : self.image(node).compare(image)
    }

    @inline(__always)
    func compareKey(_ node: UInt32, _ key: UnsafeRawBufferPointer) -> Int { self.key(node).compare(key) }
}

extension UnsafeRawBufferPointer {
    /// The order by bytes: less than 0 when this comes first.
    @inline(__always)
    func compare(_ other: UnsafeRawBufferPointer) -> Int {
        let shared = Swift.min(count, other.count)
        if shared > 0, let left = baseAddress, let right = other.baseAddress {
            let order = memcmp(left, right, shared)
            if order != 0 { return Int(order) }
        }
        return count &- other.count
    }
}
