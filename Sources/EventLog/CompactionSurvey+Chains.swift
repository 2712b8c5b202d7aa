import Relational

/// Partial records: finding the elders that complete them.
extension CompactionSurvey {
    /// The node of a record that lacks columns; nil for one that lacks none.
    mutating func partialNode(_ subject: Subject, moves: Bool = false) -> PartialChains.Node? {
        guard subject.record.unchangedCount > 0 else { return nil }
        let pattern = missing.index(subject.record, rules.schema(subject.record))
        guard !missing[pattern].attributes.isEmpty else { return nil }
        return PartialChains.Node(
            mark: subject.mark(moves: moves),
            place: subject.place,
            byteCount: subject.byteCount,
            pattern: pattern
        )
    }

    /// A place for the key's record below `clean`, which is not known yet.
    mutating func makeBase(_ entry: UnsafeMutablePointer<KeyMap.Entry>) -> UInt32 {
        let base = chains.add(PartialChains.Node(state: .baseUnknown))
        entry.pointee.chain = chains.add(PartialChains.Chain(head: 0, base: base))
        return base
    }

    /// A partial record follows on the record of an entry.
    mutating func extend(_ entry: UnsafeMutablePointer<KeyMap.Entry>, with node: PartialChains.Node) {
        begin(entry, with: node, elders: detach(entry))
    }

    /// Takes the records of an entry out of it, as a list.
    private mutating func detach(_ entry: UnsafeMutablePointer<KeyMap.Entry>) -> UInt32 {
        let chain = entry.pointee.chain
        if chain != 0, chains[chain: chain].head != 0 {
            let head = chains[chain: chain].head
            chains[chain: chain].head = 0
            return head
        }
        return chains.add(
            PartialChains.Node(
                mark: entry.pointee.mark,
                place: entry.pointee.place,
                byteCount: entry.pointee.byteCount,
                pattern: missing.index(schema: Int(entry.pointee.schema))
            )
        )
    }

    /// Makes a partial record the first of an entry's list. Elders that give it nothing are superseded.
    mutating func begin(
        _ entry: UnsafeMutablePointer<KeyMap.Entry>,
        with node: PartialChains.Node,
        elders: UInt32
    ) {
        let head = chains.add(node)
        var needed = missing[node.pattern].attributes
        let schema = missing[node.pattern].schema
        var last = head
        var index = elders
        while index != 0 {
            let elder = chains[node: index]
            var gives = !needed.isEmpty
            if gives, elder.state == .record {
                let left = missing.remaining(needed, of: schema, after: elder.pattern, schemas: rules.schemas)
                // One that has moved the row leads to those that have its columns, should they never be merged.
                gives = left.needed.count < needed.count || elder.mark.moves
                needed = left.needed
            }
            if gives {
                chains[node: last].next = index
                chains[node: index].next = 0
                last = index
            } else {
                if elder.state == .record { kill(elder.mark, elder.place, elder.byteCount) }
                chains.release(node: index)
            }
            index = elder.next
        }
        if entry.pointee.chain == 0 { entry.pointee.chain = chains.add(PartialChains.Chain()) }
        chains[chain: entry.pointee.chain].head = head
    }

    /// A partial record that changes the key: its elders are those of the old key.
    mutating func move(_ subject: Subject, _ node: PartialChains.Node) {
        movedKeys.insert(Array(roles.oldKey.bytes))
        movedKeys.insert(Array(roles.newKey.bytes))
        let oldHash = KeyHash.hash(roles.oldKey.bytes)
        let newHash = KeyHash.hash(roles.newKey.bytes)
        let epoch = truncations[Int(subject.layout.relation)].epoch
        guard covers(roles.oldKey, oldHash), covers(roles.newKey, newHash) else {
            remove(subject, moves: true)
            return putMoved(subject, node, elders: 0)
        }
        var elders: UInt32 = 0
        if let entry = map.find(roles.oldKey.bytes, hash: oldHash) {
            if entry.pointee.epoch == epoch, !entry.pointee.mark.removes {
                elders = detach(entry)
            } else {
                supersede(entry)
            }
            fill(entry, subject, subject.mark(removes: true, moves: true), epoch)
        } else if let entry = insertOld(oldHash) {
            if epoch == 0, scope.cleanCount > 0 { elders = makeBase(entry) }
            fill(entry, subject, subject.mark(removes: true, moves: true), epoch)
        }
        putMoved(subject, node, elders: elders)
    }

    /// The second half of `move`; without the new key in this pass, the elders are superseded.
    private mutating func putMoved(_ subject: Subject, _ node: PartialChains.Node, elders: UInt32) {
        let hash = KeyHash.hash(roles.newKey.bytes)
        let epoch = truncations[Int(subject.layout.relation)].epoch
        guard covers(roles.newKey, hash) else { return killList(elders) }
        var key = ByteSlab(capacity: 0)
        swap(&key, &roles.newKey)
        defer { swap(&key, &roles.newKey) }
        let found = map.find(key.bytes, hash: hash)
        if let found { supersede(found) }
        guard let entry = found ?? insert(key, hash) else { return killList(elders) }
        begin(entry, with: node, elders: elders)
        fill(entry, subject, subject.mark(moves: true), epoch)
    }

    // MARK: The end of a pass

    /// Finds the elders that complete each partial record; what gave them is superseded then.
    mutating func resolveChains() {
        guard !chains.isEmpty else { return }
        var heads: [UInt32] = []
        let all = chains
        map.forEach { _, entry in
            let chain = entry.pointee.chain
            if chain != 0, all[chain: chain].head != 0 { heads.append(all[chain: chain].head) }
        }
        for head in heads { resolve(head) }
    }

    private mutating func resolve(_ head: UInt32) {
        let node = chains[node: head]
        if let sources = sources(of: node) {
            let completion = SurveyFindings.Completion(number: node.mark.number, sources: sources)
            findings.complete(completion, segment: node.place.segment)
            killList(node.next)
        } else if case .moved = coverage {
            // A pass that did not see both keys took them for superseded.
            var index = node.next
            while index != 0 {
                let elder = chains[node: index]
                if elder.state == .record || elder.state == .base {
                    findings.revive(elder.mark, segment: elder.place.segment, byteCount: Int(elder.byteCount))
                }
                index = elder.next
            }
        }
    }

    /// The elders that give a partial record all that it lacks; nil when there are none, or when they cannot be merged: then all stay.
    private func sources(of head: PartialChains.Node) -> [SurveyFindings.Source]? {
        var needed = missing[head.pattern].attributes
        let schema = missing[head.pattern].schema
        var byteCount = Int(head.byteCount)
        var sources: [SurveyFindings.Source] = []
        var index = head.next
        while index != 0, !needed.isEmpty {
            let elder = chains[node: index]
            guard elder.state == .record || elder.state == .base else { return nil }
            // An elder in a later file would be gone before this record is complete.
            guard elder.place.segment <= head.place.segment else { return nil }
            let left = missing.remaining(needed, of: schema, after: elder.pattern, schemas: rules.schemas)
            if left.isBlocked { return nil }
            if left.needed.count < needed.count {
                byteCount += Int(elder.byteCount)
                sources.append(SurveyFindings.Source(place: elder.place, byteCount: elder.byteCount))
            }
            needed = left.needed
            index = elder.next
        }
        return needed.isEmpty && byteCount < 1 << 31 ? sources : nil
    }
}
