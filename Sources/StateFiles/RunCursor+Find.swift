internal import Relational

extension RunCursor {
    /// Moves to the first entry of a key of the list; false when the run does not have the key. Keys come in ascending order, and some may
    /// be left out. `common`: how much the key shares with the one before it in the list.
    ///
    /// A key that the filter denies costs no data block.
    mutating func find(_ keys: borrowing KeyList, at index: Int, common: Int) throws(StateError) -> Bool {
        let place = keys.places.base[index]
        let key = keys.slab.base + place.start
        try movePartition(to: key, place.count)
        guard partition.filter.mayContain(place.hash) else { return false }
        let isFar = try moveBlock(to: key, place.count)
        let shared = lastKey < 0 || lastKey == index &- 1 ? common : keys.common(lastKey, index)
        let outcome = entries.seek(key, place.count, common: shared, isFar: isFar)
        lastKey = index
        switch outcome {
        case .found: return true
        case .absent: return false
        case .malformed: throw malformed()
        }
    }

    /// Moves one entry on from one that `find` or this has found: whether that has the key as well.
    mutating func findNext(_ keys: borrowing KeyList, at index: Int) throws(StateError) -> Bool {
        let place = keys.places.base[index]
        let key = keys.slab.base + place.start
        var outcome = entries.seekAgain(key, place.count)
        if outcome == .absent, !entries.isPlaced, try moveToNextBlock(onlyContinued: true) {
            outcome = entries.seek(key, place.count, common: 0, isFar: false)
            lastKey = index
        }
        switch outcome {
        case .found: return true
        case .absent: return false
        case .malformed: throw malformed()
        }
    }
}
