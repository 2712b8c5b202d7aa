internal import Relational

/// 1. For each key every run is asked in turn, under `replace` from the newest on and only until one has it.
/// 2. Runs that have the key are `active`; their entries of this key are merged by payload, until none is left or the batch is full.
extension RunReader {
    mutating func fillFound(_ found: inout FoundEntries) throws(StateError) {
        while true {
            if active.count > 0 {
                try tell(&found)
                if active.count > 0 { return }
                keyIndex &+= 1
            }
            guard keyIndex < keys.count else { return }
            let common = keyIndex > 0 ? keys.common(keyIndex &- 1, keyIndex) : 0
            switch rule {
            case .sum: try askAll(common)
            case .replace: try askNewest(common)
            }
            if active.count == 0 { keyIndex &+= 1 }
        }
    }

    @inline(__always)
    private mutating func askAll(_ common: Int) throws(StateError) {
        var run = 0
        while run < merge.cursors.count {
            if try merge.cursors.base[run].find(keys, at: keyIndex, common: common) { active.append(run) }
            run &+= 1
        }
    }

    @inline(__always)
    private mutating func askNewest(_ common: Int) throws(StateError) {
        var run = merge.cursors.count &- 1
        while run >= 0 {
            if try merge.cursors.base[run].find(keys, at: keyIndex, common: common) {
                if merge.cursors.base[run].entries.weight != 0 { active.append(run) }
                return
            }
            run &-= 1
        }
    }

    /// Tells entries of the key; no run is active any more when all are told.
    @inline(__always)
    private mutating func tell(_ found: inout FoundEntries) throws(StateError) {
        if active.count == 1 { return try tellOne(&found) }
        while active.count > 1 {
            guard try tellLeast(&found) else { return }
        }
        if active.count == 1 { try tellOne(&found) }
    }

    @inline(__always)
    private mutating func tellOne(_ found: inout FoundEntries) throws(StateError) {
        let cursor = merge.cursors.base + active[0]
        let key = keys.key(at: keyIndex)
        while true {
            let payload =
                wantsPresence ? UnsafeRawBufferPointer(start: nil, count: 0) : cursor.pointee.entries.payloadBytes
            guard found.hasRoom(key.count &+ payload.count) else { return }
            let weight = cursor.pointee.entries.weight
            if weight != 0 {
                found.append(keyIndex: keyIndex, key: key, payload: payload, weight: weight)
                if wantsPresence || rule == .replace { return active.removeAll() }
            }
            if !(try cursor.pointee.findNext(keys, at: keyIndex)) { return active.removeAll() }
        }
    }

    /// Tells the entry with the least payload of several runs, if its weights do not come to 0; false when the batch is full.
    private mutating func tellLeast(_ found: inout FoundEntries) throws(StateError) -> Bool {
        let cursors = merge.cursors.base
        var least = 0
        var index = 1
        while index < active.count {
            let first = cursors[active[least]].entries.payloadBytes
            let second = cursors[active[index]].entries.payloadBytes
            if KeyOrder.compare(second, first) < 0 { least = index }
            index &+= 1
        }
        let payload = cursors[active[least]].entries.payloadBytes
        let key = keys.key(at: keyIndex)
        guard found.hasRoom(key.count &+ payload.count) else { return false }
        found.append(keyIndex: keyIndex, key: key, payload: payload, weight: 0)
        let told = found.payload(at: found.count &- 1)
        var weight: Int64 = 0
        var kept = 0
        index = 0
        while index < active.count {
            let run = active[index]
            var isActive = true
            if KeyOrder.compare(cursors[run].entries.payloadBytes, told) == 0 {
                let (sum, overflow) = weight.addingReportingOverflow(cursors[run].entries.weight)
                if overflow { throw .weightOverflow(path: cursors[run].run.path) }
                weight = sum
                isActive = try cursors[run].findNext(keys, at: keyIndex)
            }
            if isActive {
                active[kept] = run
                kept &+= 1
            }
            index &+= 1
        }
        active.resize(to: kept, filling: 0)
        found.settleLast(weight: weight)
        if wantsPresence, weight != 0 { active.removeAll() }
        return true
    }
}
