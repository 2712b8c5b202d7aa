import Relational
import StateFiles

extension OrderedValues {
    /// The image of the least value, the smallest one by bytes among equal values; nil when there is none.
    func least(_ root: UInt32) -> UnsafeRawBufferPointer? {
        guard root != Arena.none else { return nil }
        return image(outermost(root, Side.left))
    }

    /// The image of the greatest value, the smallest one by bytes among equal values; nil when there is none.
    func greatest(_ root: UInt32) -> UnsafeRawBufferPointer? {
        guard root != Arena.none else { return nil }
        let key = key(outermost(root, Side.right))
        var best = Arena.none
        var node = root
        while node != Arena.none {
            let isBelow = compareKey(node, key) < 0
            if !isBelow { best = node }
            node = child(Link(parent: node, side: isBelow ? Side.right : Side.left))
        }
        return image(best)
    }

    /// The key of the least value.
    func leastKey(_ root: UInt32) -> UnsafeRawBufferPointer? {
        root == Arena.none ? nil : key(outermost(root, Side.left))
    }

    private func outermost(_ root: UInt32, _ side: Int) -> UInt32 {
        var node = root
        while true {
            let next = child(Link(parent: node, side: side))
            if next == Arena.none { return node }
            node = next
        }
    }

    // MARK: Walking

    /// A value in its tree; valid until the next change.
    typealias Value = (key: UnsafeRawBufferPointer, image: UnsafeRawBufferPointer, weight: Int64)

    /// A place in a walk over a tree, from one end inward: the nodes whose inner side and self are still to come. Void after any change of
    /// the tree.
    struct Walk {
        fileprivate var open: [UInt32] = []
        fileprivate let outer: Int
        fileprivate let inner: Int
    }

    /// The walk over all values, or over those whose keys, as far as the bound is long, are not beyond it.
    func walk(_ root: UInt32, at end: RunEnd = .least, from bound: UnsafeRawBufferPointer? = nil) -> Walk {
        var walk =
            end == .least ? Walk(outer: Side.left, inner: Side.right) : Walk(outer: Side.right, inner: Side.left)
        var node = root
        while node != Arena.none {
            if let bound, isOutside(node, bound, end) {
                node = child(Link(parent: node, side: walk.inner))
            } else {
                walk.open.append(node)
                node = child(Link(parent: node, side: walk.outer))
            }
        }
        return walk
    }

    /// The next value; nil at the end.
    func next(_ walk: inout Walk) -> Value? {
        guard let node = walk.open.popLast() else { return nil }
        var child = child(Link(parent: node, side: walk.inner))
        while child != Arena.none {
            walk.open.append(child)
            child = self.child(Link(parent: child, side: walk.outer))
        }
        return (key(node), image(node), arena.pointer(node).load(fromByteOffset: 8, as: Int64.self))
    }

    private func isOutside(_ node: UInt32, _ bound: UnsafeRawBufferPointer, _ end: RunEnd) -> Bool {
        let order = UnsafeRawBufferPointer(rebasing: key(node).prefix(bound.count)).compare(bound)
        return end == .least ? order < 0 : order > 0
    }
}
