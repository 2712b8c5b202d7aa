import Relational
import StateFiles

/// How the ordered values of groups that are not in memory come out of runs.
extension Groups {
    /// Reads the values of lists, all of them, of groups that were just read and whose keys ascend.
    mutating func readLists(
        of groups: borrowing GrowableBuffer<UInt32>,
        _ folder: StateFolder
    ) throws(DataflowError) {
        guard lists.count > 0 else { return }
        var list = KeyList()
        var places = GrowableBuffer<UInt64>()
        var key = ByteSlab()
        for index in 0..<groups.count {
            for slot in 0..<slots.count where slots[slot].ends.isEmpty {
                GroupFiles.appendKey(of: table.key(groups[index]), slot: slots[slot].number, to: &key)
                list.append(key.bytes, hash: KeyHash.hash(key.bytes))
                places.append(UInt64(groups[index]) << 32 | UInt64(slot))
            }
        }
        var reader = RunReader(files.valueRuns, rule: .sum, cache: folder.cache)
        reader.find(list)
        var found = FoundEntries()
        while try reader.nextEntries(into: &found) {
            for entry in 0..<found.count {
                let place = places[found.keyIndex(at: entry)]
                guard let value = ValuePayload(found.payload(at: entry)) else { throw .damagedState("an aggregate") }
                let root =
                    table.pointer(UInt32(truncatingIfNeeded: place >> 32)) + slots[Int(place & 0xFFFF_FFFF)].offset
                var tree = root.load(as: UInt32.self)
                try extras.ordered.add(found.weight(at: entry), key: value.key, image: value.image, to: &tree)
                root.storeBytes(of: tree, as: UInt32.self)
            }
        }
    }

    /// Reads the values at the ends that results are made of, of groups that were just read: all values where they are few.
    mutating func readEnds(
        of groups: borrowing GrowableBuffer<UInt32>,
        _ folder: StateFolder
    ) throws(DataflowError) {
        guard slots.count > lists.count else { return }
        var reader = RunEndReader(files.valueRuns, cache: folder.cache)
        var key = ByteSlab()
        for index in 0..<groups.count {
            for slot in 0..<slots.count where !slots[slot].ends.isEmpty {
                GroupFiles.appendKey(of: table.key(groups[index]), slot: slots[slot].number, to: &key)
                try readEnds(slots[slot], of: groups[index], key.bytes, &reader)
            }
        }
    }

    private mutating func readEnds(
        _ slot: ValueSlot,
        of group: UInt32,
        _ key: UnsafeRawBufferPointer,
        _ reader: inout RunEndReader
    ) throws(DataflowError) {
        var values = PartialValues()
        for end in [RunEnd.least, .greatest] where slot.ends.contains(end) {
            try extras.fill(&values[end], at: end, key, changes: Arena.none, byteMax: files.valueByteMax, with: &reader)
            guard values[end].isAll else { continue }
            // They are few: the slot is whole. The first end tells, or both know all but the images of one key.
            var other = end == .least ? Arena.none : values.least.root
            extras.ordered.removeAll(&other)
            (table.pointer(group) + slot.offset).storeBytes(of: values[end].root, as: UInt32.self)
            return
        }
        let number = extras.partials.add(values)
        (table.pointer(group) + slot.offset).storeBytes(of: number, toByteOffset: 4, as: UInt32.self)
    }

    /// Reads on where the last known value of an end of a touched group is gone.
    mutating func fillEnds() throws(DataflowError) {
        guard let folder = files.folder else { return }
        var reader: RunEndReader?
        var key = ByteSlab()
        for index in 0..<touches.count {
            let group = touches[index].group
            if isVacant(group) { continue }
            for slot in 0..<slots.count {
                let number = (table.pointer(group) + slots[slot].offset).load(fromByteOffset: 4, as: UInt32.self)
                if number == 0 { continue }
                for end in [RunEnd.least, .greatest] where slots[slot].ends.contains(end) {
                    var known = extras.partials[number][end]
                    guard known.isSpent else { continue }
                    GroupFiles.appendKey(of: table.key(group), slot: slots[slot].number, to: &key)
                    try fill(&known, at: end, key.bytes, number, &reader, folder)
                    extras.partials[number][end] = known
                }
            }
        }
    }

    private mutating func fill(
        _ known: inout KnownEnd,
        at end: RunEnd,
        _ key: UnsafeRawBufferPointer,
        _ number: UInt32,
        _ reader: inout RunEndReader?,
        _ folder: StateFolder
    ) throws(DataflowError) {
        var open = reader.take() ?? RunEndReader(files.valueRuns, cache: folder.cache)
        try extras.fill(
            &known,
            at: end,
            key,
            changes: extras.partials[number].changes,
            byteMax: files.valueByteMax,
            with: &open
        )
        reader = consume open
    }
}

extension ValueEnds {
    func contains(_ end: RunEnd) -> Bool {
        let member: ValueEnds = end == .least ? .least : .greatest
        return contains(member)
    }
}
