/// Finding keys in a block without putting a key together.
///
/// Let `m` be how much the current entry, which is below the key looked for, shares with it, and `s` how much the next entry shares with
/// the current one. Keys ascend, so that
/// 1. `s > m`: the next entry differs from the key where the current one does, and is below it too;
/// 2. `s < m`: it is above where the current one was equal: above the key;
/// 3. `s = m`: its bytes from `m` on decide, and those lie in the block as they are. A restart (`s = 0`) is compared as a whole.
/// So only entries of case 3 are compared, and only from where they may differ. The same goes for a further key looked for: how much it
/// shares with the one before tells how the current entry stands to it (`place`).
///
/// The keys looked for must ascend within a block.
extension BlockEntries {
    enum Seek { case found, absent, malformed }

    /// Entries that are read one by one before the restarts are asked.
    private static let linearMax = 24

    /// Moves to the first entry at or above a key. `common`: how much the key shares with the one looked for before, if there was one.
    /// `isFar`: it is probably not among the next entries.
    mutating func seek(_ key: UnsafeRawPointer, _ count: Int, common: Int, isFar: Bool) -> Seek {
        // A copy: the loop keeps it in registers.
        var entries = self
        defer { self = entries }
        if entries.isPlaced {
            guard entries.place(key, count, common: common) else { return entries.outcome(count) }
            entries.isPlaced = false
        }
        var left = isFar ? 0 : Self.linearMax
        while true {
            if left == 0, !entries.leap(key, count) { return .malformed }
            left &-= 1
            switch entries.step() {
            case .end: return .absent
            case .malformed: return .malformed
            case .entry: if entries.advance(key, count) { return entries.outcome(count) }
            }
        }
    }

    /// Goes one entry on from one that has the key: whether the next has it too.
    mutating func seekAgain(_ key: UnsafeRawPointer, _ count: Int) -> Seek {
        isPlaced = false
        switch step() {
        case .end: return .absent
        case .malformed: return .malformed
        case .entry:
            // An entry below a key that is there breaks the order; the next look goes on from it.
            return advance(key, count) ? outcome(count) : .absent
        }
    }

    @inline(__always)
    private func outcome(_ count: Int) -> Seek { matched == count && keyCount == count ? .found : .absent }

    /// Compares the entry just read: whether it is at or above the key.
    @inline(__always)
    private mutating func advance(_ key: UnsafeRawPointer, _ count: Int) -> Bool {
        if shared != 0 {
            if shared > matched { return false }
            if shared < matched {
                matched = shared
                isPlaced = true
                return true
            }
        }
        return compare(key, count, from: shared)
    }

    /// Tells how the current entry stands to a further key: whether it is below.
    @inline(__always)
    private mutating func place(_ key: UnsafeRawPointer, _ count: Int, common: Int) -> Bool {
        if matched > common {
            matched = common
            return true
        }
        // They differ where they did, if that is before `common`. What the entry has in place begins at or before `matched`.
        return !compare(key, count, from: matched)
    }

    /// Compares the current entry's key from byte `start` on, up to which it is equal: whether it is at or above the key.
    @inline(__always)
    private mutating func compare(_ key: UnsafeRawPointer, _ count: Int, from start: Int) -> Bool {
        let bytes = base + (suffix &- shared)
        let limit = min(keyCount, count)
        guard start <= limit else {
            // Only malformed bytes lead here; nothing is compared.
            matched = start
            isPlaced = true
            return true
        }
        matched = start &+ KeyOrder.common(bytes + start, key + start, limit: limit &- start)
        if matched == limit {
            isPlaced = keyCount >= count
        } else {
            isPlaced =
                bytes.load(fromByteOffset: matched, as: UInt8.self) > key.load(fromByteOffset: matched, as: UInt8.self)
        }
        return isPlaced
    }

    /// Goes forward to the last restart whose key is below `key`, if there is one ahead; false when one is malformed.
    mutating func leap(_ key: UnsafeRawPointer, _ count: Int) -> Bool {
        var low = firstRestart(from: next)
        var high = restartCount
        let first = low
        while low < high {
            let middle = (low &+ high) &>> 1
            var probe = self
            probe.jump(to: middle)
            guard probe.step() == .entry else { return false }
            if KeyOrder.compare(base + probe.suffix, probe.keyCount, key, count) < 0 {
                low = middle &+ 1
            } else {
                high = middle
            }
        }
        if low > first { jump(to: low &- 1) }
        return true
    }

    /// The first restart at or behind a place.
    private func firstRestart(from place: Int) -> Int {
        var low = 0
        var high = restartCount
        while low < high {
            let middle = (low &+ high) &>> 1
            if restart(middle) < place { low = middle &+ 1 } else { high = middle }
        }
        return low
    }
}
