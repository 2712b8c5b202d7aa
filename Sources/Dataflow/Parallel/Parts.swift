/// A fixed number of values that different threads may change at once, each its own.
///
/// Unsafe: an index out of range is caught in debug builds; that no two threads touch one value is the caller's to know.
struct Parts<Element: ~Copyable>: ~Copyable {
    let base: UnsafeMutablePointer<Element>
    let count: Int

    init<Failure: Error>(_ count: Int, _ make: (Int) throws(Failure) -> Element) throws(Failure) {
        let base = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
        for index in 0..<count {
            do throws(Failure) {
                (base + index).initialize(to: try make(index))
            } catch {
                base.deinitialize(count: index)
                base.deallocate()
                throw error
            }
        }
        self.base = base
        self.count = count
    }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    subscript(index: Int) -> Element {
        @inline(__always)
        unsafeAddress {
            assert(index >= 0 && index < count)
            return UnsafePointer(base + index)
        }
        @inline(__always)
        nonmutating unsafeMutableAddress {
            assert(index >= 0 && index < count)
            return base + index
        }
    }
}
