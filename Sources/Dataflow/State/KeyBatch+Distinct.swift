extension KeyBatch {
    /// The keys for whose index `isWanted`, each once, in order of first appearance; NULL keys are left out.
    func distinct(where isWanted: (Int) -> Bool) -> KeyBatch {
        var result = KeyBatch()
        var index = KeyIndex()
        for key in 0..<count where !isNull(at: key) && isWanted(key) {
            guard !result.contains(bytes(at: key), hash(at: key), index) else { continue }
            result.append(self, at: key)
            index.insert(hash(at: key), UInt32(truncatingIfNeeded: result.count))
        }
        return result
    }

    private func contains(
        _ key: UnsafeRawBufferPointer,
        _ hash: UInt64,
        _ index: borrowing KeyIndex
    ) -> Bool {
        var position = index.home(hash)
        while index.slots[position] != 0 {
            let slot = index.slots[position]
            if slot >> 32 == KeyIndex.tag(hash), key.elementsEqual(bytes(at: Int(slot & 0xFFFF_FFFF) - 1)) {
                return true
            }
            position = (position &+ 1) & index.mask
        }
        return false
    }
}
