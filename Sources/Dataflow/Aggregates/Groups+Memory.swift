import Relational
import StateFiles

/// What of the groups is in memory once files have it.
extension Groups {
    /// Takes in what was written since the last time, and where memory is short lets go of what files have.
    ///
    /// - Throws: `stateTooLarge`, `weightOverflow`.
    mutating func adopt() throws(DataflowError) {
        var isNew = false
        if let content = files.groups.content(after: files.groupContent.version) {
            files.groupContent = (content.version, content.written)
            files.groupRuns = content.runs
            isNew = true
        }
        if let content = files.values?.content(after: files.valueContent.version) {
            let before = files.valueContent.written
            files.valueContent = (content.version, content.written)
            files.valueRuns = content.runs
            isNew = true
            // From here on the runs have what partial values had as changes.
            for part in files.handedOver where part.sequence > before && part.sequence <= content.written {
                if let values = part.values { try takeChanges(values.entries, factor: -1, onlyNew: false) }
            }
        }
        guard isNew || files.isTight else { return }
        let written = min(files.groupContent.written, files.values == nil ? .max : files.valueContent.written)
        files.handedOver.removeAll { $0.sequence <= written }
        if files.isTight, files.isTracking, files.handedOver.isEmpty { try letGo() }
    }

    /// Takes the groups that are written out of memory, and of the others what lies between the ends of their values.
    private mutating func letGo() throws(DataflowError) {
        guard !files.isComplete || isReadable else { return }
        files.isComplete = false
        var written = GrowableBuffer<UInt32>()
        var others = GrowableBuffer<UInt32>()
        table.forEachGroup { group in
            if isGlobal || table.isUnwritten(group) { others.append(group) } else { written.append(group) }
        }
        for index in 0..<written.count {
            release(written[index])
            table.remove(written[index], KeyHash.hash(table.key(written[index])))
        }
        var hasNew = false
        for index in 0..<others.count where !isVacant(others[index]) {
            for slot in 0..<slots.count where !slots[slot].ends.isEmpty {
                if try keepEnds(slots[slot], of: others[index]) { hasNew = true }
            }
        }
        if hasNew { try beginChanges() }
        table.compactIfSparse()
    }

    /// Whether files may be asked for what is not in memory: not while they have groups that are gone without a place.
    private var isReadable: Bool {
        for index in 0..<files.unwritten.count
        where table.find(files.unwritten.bytes(at: index), files.unwritten.hash(at: index)) == Arena.none {
            return false
        }
        return true
    }

    // MARK: Partial values

    /// Leaves of a slot with many values the ends in memory; whether it was whole before.
    private mutating func keepEnds(_ slot: ValueSlot, of group: UInt32) throws(DataflowError) -> Bool {
        let place = table.pointer(group) + slot.offset
        let number = place.load(fromByteOffset: 4, as: UInt32.self)
        if number != 0 {
            for end in [RunEnd.least, .greatest] where slot.ends.contains(end) {
                try extras.shrink(number, at: end, byteMax: files.valueByteMax)
            }
            return false
        }
        let root = place.load(as: UInt32.self)
        var values = PartialValues()
        values.isNew = true
        for end in [RunEnd.least, .greatest] where slot.ends.contains(end) {
            guard let known = try extras.outermost(root, at: end, byteMax: files.valueByteMax) else {
                extras.ordered.removeAll(&values.least.root)
                return false
            }
            values[end] = known
        }
        extras.removeValues(place)
        place.storeBytes(of: extras.partials.add(values), toByteOffset: 4, as: UInt32.self)
        return true
    }

    /// Makes the changes of values that were whole: what waits to be handed over, because all else is in the runs.
    private mutating func beginChanges() throws(DataflowError) {
        var waiting = EntryBatch()
        files.swapNewValues(&waiting)
        defer { files.swapNewValues(&waiting) }
        try takeChanges(waiting, factor: 1, onlyNew: true)
        extras.partials.forEach { $0.isNew = false }
    }

    /// Adds entries, their weights times a factor, to the changes of the partial values that they belong to.
    private mutating func takeChanges(
        _ entries: borrowing EntryBatch,
        factor: Int64,
        onlyNew: Bool
    ) throws(DataflowError) {
        if extras.partials.isEmpty { return }
        for index in 0..<entries.count {
            guard let (key, slot) = GroupFiles.parts(entries.key(at: index)) else { continue }
            let group = table.find(key, KeyHash.hash(key))
            guard group != Arena.none, let offset = offset(ofSlot: slot) else { continue }
            let number = (table.pointer(group) + offset).load(fromByteOffset: 4, as: UInt32.self)
            guard number != 0, !onlyNew || extras.partials[number].isNew else { continue }
            try extras.addChange(factor * entries.weight(at: index), entries.payload(at: index), to: number)
        }
    }

    /// Where the values of a slot lie in a block, if they may be partial.
    @inline(__always)
    private func offset(ofSlot number: Int) -> Int? {
        if number == 0 { return imageOffset }
        return accumulators[number - 1].ends.isEmpty ? nil : accumulators[number - 1].offset
    }

    /// Begins with the runs that a checkpoint names.
    mutating func restore() {
        files.groupContent.version = files.groups.current.version
        files.groupRuns = files.groups.current.runs
        if let values = files.values {
            files.valueContent.version = values.current.version
            files.valueRuns = values.current.runs
        }
        files.isTracking = true
        files.isComplete = false
    }
}
