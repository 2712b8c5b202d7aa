/// A list that never changes after it is made, read in hot loops: no retain, no uniqueness or exclusivity check per access.
///
/// Unsafe: the elements lie in memory that the list's owner frees; an index out of range is caught in debug builds.
struct FixedList<Element> {
    private final class Owner {
        let base: UnsafeMutablePointer<Element>
        let count: Int

        init(_ elements: [Element]) {
            base = .allocate(capacity: max(elements.count, 1))
            count = elements.count
            base.initialize(from: elements, count: count)
        }

        deinit {
            base.deinitialize(count: count)
            base.deallocate()
        }
    }

    private let owner: Owner
    private let base: UnsafeMutablePointer<Element>
    let count: Int

    init(_ elements: [Element]) {
        owner = Owner(elements)
        base = owner.base
        count = elements.count
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        assert(index >= 0 && index < count)
        return base[index]
    }
}
