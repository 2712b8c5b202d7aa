import Relational

/// How much memory buffers that are filled anew in each epoch keep between epochs: what epochs like the last one need.
enum Scratch {
    /// Bytes a buffer may always keep.
    static let keptBytes = 1 << 20

    /// Bytes to keep after `used` bytes were needed: a run of large epochs allocates once, the first small one after it frees.
    static func kept(after used: Int) -> Int { Swift.max(keptBytes, 4 * used) }
}

extension ZSet {
    /// Forgets the rows of an epoch.
    mutating func endEpoch() {
        let used = byteCount
        removeAll()
        shrink(keeping: Scratch.kept(after: used))
    }
}

extension KeyBatch {
    /// Forgets the keys of an epoch.
    mutating func endEpoch() {
        let used = byteCount
        removeAll()
        shrink(keeping: Scratch.kept(after: used))
    }
}

extension GrowableBuffer {
    /// Forgets the elements of an epoch.
    mutating func endEpoch() {
        let used = count * MemoryLayout<Element>.stride
        removeAll()
        if byteCapacity > Scratch.kept(after: used) { self = GrowableBuffer() }
    }
}
