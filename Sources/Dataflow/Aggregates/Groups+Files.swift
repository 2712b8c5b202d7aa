import Relational
import StateFiles

/// How groups come into files and back.
extension Groups {
    /// Notes that a group has changed since it was written.
    @inline(__always)
    mutating func noteUnwritten(_ group: UInt32) {
        guard !table.isUnwritten(group) else { return }
        table.setUnwritten(true, group)
        files.unwritten.append(table.key(group))
    }

    // MARK: Writing

    /// Whether there is something that no file has yet and that was not handed over.
    var hasUnwritten: Bool { !files.isTracking || files.unwritten.count > 0 }

    /// Hands over the groups and values that no file has yet.
    mutating func handOver(as sequence: UInt64) {
        if !files.isTracking {
            handOverWhole(as: sequence)
        } else if files.unwritten.count > 0 {
            handOverChanges(as: sequence)
        }
    }

    private mutating func handOverWhole(as sequence: UInt64) {
        var groups = EntryBatch()
        var values = EntryBatch()
        var payload = ByteSlab()
        var key = ByteSlab()
        table.forEachGroup { group in
            append(group, to: &groups, &payload)
            appendValues(of: group, to: &values, &key, &payload)
        }
        files.isTracking = true
        hand(over: groups, values, as: sequence, isWhole: true)
    }

    private mutating func handOverChanges(as sequence: UInt64) {
        var changed = KeyBatch()
        swap(&changed, &files.unwritten)
        var groups = EntryBatch()
        var payload = ByteSlab()
        for index in 0..<changed.count {
            let key = changed.bytes(at: index)
            let group = table.find(key, changed.hash(at: index))
            if group == Arena.none {
                groups.append(key: key, payload: UnsafeRawBufferPointer(start: nil, count: 0), weight: 0)
            } else if table.isUnwritten(group) {
                table.setUnwritten(false, group)
                append(group, to: &groups, &payload)
            }
        }
        hand(over: groups, files.takeValues(), as: sequence, isWhole: false)
    }

    private mutating func hand(
        over groups: consuming EntryBatch,
        _ values: consuming EntryBatch,
        as sequence: UInt64,
        isWhole: Bool
    ) {
        let part = GroupFiles.HandedOver(
            sequence: sequence,
            groups: SealedEntries(groups),
            values: files.values == nil ? nil : SealedEntries(values),
            isWhole: isWhole
        )
        files.handedOver.append(part)
    }

    /// Appends a group as it is, or that it is gone.
    private func append(_ group: UInt32, to batch: inout EntryBatch, _ payload: inout ByteSlab) {
        payload.removeAll()
        let isThere = isGlobal || table.pointer(group).load(as: Int64.self) != 0
        if isThere { encode(group, imageCodec, into: &payload) }
        batch.append(key: table.key(group), payload: payload.bytes, weight: isThere ? 1 : 0)
    }

    /// Appends the ordered values of a group.
    private func appendValues(
        of group: UInt32,
        to batch: inout EntryBatch,
        _ key: inout ByteSlab,
        _ payload: inout ByteSlab
    ) {
        for slot in 0...accumulators.count {
            let root = rootOfValues(slot, group)
            guard root != Arena.none else { continue }
            GroupFiles.appendKey(of: table.key(group), slot: slot, to: &key)
            var walk = extras.ordered.walk(root)
            while let value = extras.ordered.next(&walk) {
                payload.removeAll()
                payload.append(value.key)
                payload.append(value.image)
                payload.append(integer: UInt32(truncatingIfNeeded: value.key.count))
                batch.append(key: key.bytes, payload: payload.bytes, weight: value.weight)
            }
        }
    }

    /// Where the root of the values of a slot lies in a group's block; nil for a slot without values.
    private func placeOfRoot(_ slot: Int, _ group: UInt32) -> UnsafeMutableRawPointer? {
        if slot == 0 { return imageIsUnique ? nil : table.pointer(group) + 20 }
        let accumulator = accumulators[slot - 1]
        switch accumulator.kind {
        case .ordered, .listed: return table.pointer(group) + accumulator.offset
        case .rows, .values, .integers, .numerics, .floats: return nil
        }
    }

    private func rootOfValues(_ slot: Int, _ group: UInt32) -> UInt32 {
        placeOfRoot(slot, group)?.load(as: UInt32.self) ?? Arena.none
    }

    // MARK: Reading

    /// Reads the groups of the keys at some places, all when that is nil, that are not in memory.
    ///
    /// - Throws: `storage`.
    mutating func readMissing(
        _ keys: borrowing KeyBatch,
        at places: UnsafeBufferPointer<UInt32>? = nil
    ) throws(DataflowError) {
        guard let folder = files.folder else { return }
        let sorted = SortedKeys(keys, at: places) { table.find(keys.bytes(at: $0), keys.hash(at: $0)) == Arena.none }
        guard sorted.count > 0 else { return }
        var list = KeyList()
        for index in 0..<sorted.count {
            let place = sorted.place(of: index)
            list.append(keys.bytes(at: place), hash: keys.hash(at: place))
        }
        var reader = RunReader(files.groupRuns, rule: .replace, cache: folder.cache)
        reader.find(list)
        var found = FoundEntries()
        var read = GrowableBuffer<UInt32>()
        while try reader.nextEntries(into: &found) {
            for entry in 0..<found.count {
                let place = sorted.place(of: found.keyIndex(at: entry))
                let group = try decode(
                    found.payload(at: entry),
                    key: keys.bytes(at: place),
                    keys.hash(at: place),
                    imageCodec
                )
                guard let group else { throw .damagedState("an aggregate") }
                read.append(group)
            }
        }
        if files.values != nil { try readValues(of: read, folder) }
    }

    /// Reads the ordered values of groups that were just read, whose keys ascend.
    private mutating func readValues(
        of groups: borrowing GrowableBuffer<UInt32>,
        _ folder: StateFolder
    ) throws(DataflowError) {
        var list = KeyList()
        var places = GrowableBuffer<UInt64>()
        var key = ByteSlab()
        for index in 0..<groups.count {
            for slot in 0...accumulators.count where placeOfRoot(slot, groups[index]) != nil {
                GroupFiles.appendKey(of: table.key(groups[index]), slot: slot, to: &key)
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
                let payload = found.payload(at: entry)
                guard payload.count >= 4, let base = payload.baseAddress,
                    let root = placeOfRoot(Int(place & 0xFFFF_FFFF), UInt32(truncatingIfNeeded: place >> 32))
                else { throw .damagedState("an aggregate") }
                let end = payload.count - 4
                let length = base.loadUnaligned(fromByteOffset: end, as: UInt32.self)
                guard length <= end else { throw .damagedState("an aggregate") }
                var tree = root.load(as: UInt32.self)
                try extras.ordered.add(
                    found.weight(at: entry),
                    key: UnsafeRawBufferPointer(rebasing: payload[..<Int(length)]),
                    image: UnsafeRawBufferPointer(rebasing: payload[Int(length)..<end]),
                    to: &tree
                )
                root.storeBytes(of: tree, as: UInt32.self)
            }
        }
    }

    // MARK: What was written

    /// Takes in what was written since the last time, and where memory is short lets go of the groups that files have.
    mutating func adopt() {
        var isNew = false
        if let content = files.groups.content(after: files.groupContent.version) {
            files.groupContent = (content.version, content.written)
            files.groupRuns = content.runs
            isNew = true
        }
        if let content = files.values?.content(after: files.valueContent.version) {
            files.valueContent = (content.version, content.written)
            files.valueRuns = content.runs
            isNew = true
        }
        guard isNew || files.isTight else { return }
        let written = min(files.groupContent.written, files.values == nil ? .max : files.valueContent.written)
        files.handedOver.removeAll { $0.sequence <= written }
        if files.isTight, files.isTracking, files.handedOver.isEmpty { letGo() }
    }

    /// Takes the groups that are written out of memory.
    private mutating func letGo() {
        guard !isGlobal, !files.isComplete || isReadable else { return }
        files.isComplete = false
        var written = GrowableBuffer<UInt32>()
        table.forEachGroup { group in
            if !table.isUnwritten(group) { written.append(group) }
        }
        for index in 0..<written.count {
            release(written[index])
            table.remove(written[index], KeyHash.hash(table.key(written[index])))
        }
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

extension RunReader {
    /// `next`, with the fold's error.
    mutating func nextEntries(into found: inout FoundEntries) throws(DataflowError) -> Bool {
        do throws(StateError) {
            return try next(into: &found)
        } catch {
            throw DataflowError(reading: error)
        }
    }
}
