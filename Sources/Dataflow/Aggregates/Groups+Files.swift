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
        var values = EntryBatch()
        files.swapNewValues(&values)
        hand(over: groups, values, as: sequence, isWhole: false)
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

    /// Appends the ordered values of a group, which are all in memory.
    private func appendValues(
        of group: UInt32,
        to batch: inout EntryBatch,
        _ key: inout ByteSlab,
        _ payload: inout ByteSlab
    ) {
        for index in 0..<slots.count {
            GroupFiles.appendKey(of: table.key(group), slot: slots[index].number, to: &key)
            var walk = extras.ordered.walk((table.pointer(group) + slots[index].offset).load(as: UInt32.self))
            while let value = extras.ordered.next(&walk) {
                payload.removeAll()
                payload.append(value.key)
                payload.append(value.image)
                payload.append(integer: UInt32(truncatingIfNeeded: value.key.count))
                batch.append(key: key.bytes, payload: payload.bytes, weight: value.weight)
            }
        }
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
        guard files.values != nil else { return }
        try readLists(of: read, folder)
        try readEnds(of: read, folder)
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

extension RunEndReader {
    /// `begin`, with the fold's error; an empty bound is none.
    mutating func beginEntries(
        _ key: UnsafeRawBufferPointer,
        at end: RunEnd,
        from bound: [UInt8]
    ) throws(DataflowError) {
        let result = bound.withUnsafeBytes { bound in
            Result { () throws(StateError) in
                try begin(key, hash: KeyHash.hash(key), at: end, from: bound.count > 0 ? bound : nil)
            }
        }
        if case .failure(let error) = result { throw DataflowError(reading: error) }
    }

    /// `next`, with the fold's error.
    mutating func nextEntry() throws(DataflowError) -> Bool {
        do throws(StateError) {
            return try next()
        } catch {
            throw DataflowError(reading: error)
        }
    }
}
