import Relational

/// The dirty part: filling the key map.
extension CompactionSurvey {
    /// Reads everything above `clean`.
    mutating func surveyDirty() throws(LogError) {
        var walk = DeliveryWalk(scope, scope.cleanCount..<scope.segments.count)
        while let frame = try walk.next() {
            pace.note(keyMapByteCount: map.byteCount + chains.byteCount)
            try pace.advance(frame.byteCount)
            let number = Int(frame.header.firstOffset.rawValue - scope.base.rawValue)
            if isFirstPass { note(frame, numberedFrom: number) }
            switch frame.header.kind {
            case .commit, .part, .snapshot, .application: take(frame, numberedFrom: number, isDirty: true)
            case .generation:
                for relation in RelationListPayload.decode(frame.payload) ?? [] { beginAnew(relation) }
            case .snapshotComplete, .schema, .position, .clockTick: break
            }
        }
        guard isFirstPass else { return }
        for (group, frames) in walk.waiting {
            findings.unclosedGroups.insert(group)
            for frame in frames { findings.noteUnclosed(frame) }
        }
    }

    /// A record of a `compact` relation.
    mutating func take(_ subject: Subject) {
        var subject = subject
        let kind = roles.roles(of: subject.record, subject.layout, rules)
        if isFirstPass { noteForm(&subject, kind) } else { subject.byteCount -= savedBytes(subject, kind) }
        switch kind {
        case .put: put(subject, partialNode(subject), moves: false)
        case .remove: remove(subject, moves: false)
        case .move:
            guard let node = partialNode(subject, moves: true) else {
                remove(subject, moves: true)
                put(subject, nil, moves: true)
                return
            }
            move(subject, node)
        case .truncate: truncate(subject)
        case .unknown: break
        }
    }

    /// Counts a record that stays in another form, and the tombstones.
    private mutating func noteForm(_ subject: inout Subject, _ kind: RecordRoles.Roles) {
        if kind == .remove || kind == .move || kind == .truncate { findings.tombstones += 1 }
        let saved = savedBytes(subject, kind)
        guard saved > 0 else { return }
        subject.byteCount -= saved
        findings.tallies[subject.place.segment].alteredRecords += 1
        findings.tallies[subject.place.segment].savedBytes += Int64(saved)
    }

    /// What a record loses with its old row.
    private func savedBytes(_ subject: Subject, _ kind: RecordRoles.Roles) -> UInt32 {
        guard kind != .unknown, let old = subject.record.oldRow else { return 0 }
        if kind == .put { return UInt32(old.byteCount) }
        guard !rules.isReduced(subject.record, old, subject.layout) else { return 0 }
        let columns = 8 * old.columnCount + RowView.slotsStart(columnCount: old.columnCount)
        return UInt32(max(8, old.byteCount - columns - 32) & ~7)
    }

    // MARK: Roles

    /// The record puts a row at `roles.newKey`. `node` when it lacks columns.
    private mutating func put(_ subject: Subject, _ node: PartialChains.Node?, moves: Bool) {
        let hash = KeyHash.hash(roles.newKey.bytes)
        guard covers(roles.newKey, hash) else { return }
        let epoch = truncations[Int(subject.layout.relation)].epoch
        if let entry = map.find(roles.newKey.bytes, hash: hash) {
            if let node, entry.pointee.epoch == epoch, !entry.pointee.mark.removes {
                extend(entry, with: node)
            } else {
                supersede(entry)
                if let node { begin(entry, with: node, elders: 0) }
            }
            fill(entry, subject, subject.mark(moves: moves), epoch)
        } else if let entry = insertNew(subject, hash) {
            if let node {
                let elders = epoch == 0 && scope.cleanCount > 0 ? makeBase(entry) : 0
                begin(entry, with: node, elders: elders)
            }
            fill(entry, subject, subject.mark(moves: moves), epoch)
        }
    }

    private mutating func insertNew(_ subject: Subject, _ hash: UInt64) -> UnsafeMutablePointer<KeyMap.Entry>? {
        var key = ByteSlab(capacity: 0)
        swap(&key, &roles.newKey)
        defer { swap(&key, &roles.newKey) }
        return insert(key, hash)
    }

    /// The record takes away the row at `roles.oldKey`.
    mutating func remove(_ subject: Subject, moves: Bool) {
        let hash = KeyHash.hash(roles.oldKey.bytes)
        guard covers(roles.oldKey, hash) else { return }
        let epoch = truncations[Int(subject.layout.relation)].epoch
        if let entry = map.find(roles.oldKey.bytes, hash: hash) {
            supersede(entry)
            fill(entry, subject, subject.mark(removes: true, moves: moves), epoch)
        } else if let entry = insertOld(hash) {
            fill(entry, subject, subject.mark(removes: true, moves: moves), epoch)
        }
    }

    mutating func insertOld(_ hash: UInt64) -> UnsafeMutablePointer<KeyMap.Entry>? {
        var key = ByteSlab(capacity: 0)
        swap(&key, &roles.oldKey)
        defer { swap(&key, &roles.oldKey) }
        return insert(key, hash)
    }

    func fill(
        _ entry: UnsafeMutablePointer<KeyMap.Entry>,
        _ subject: Subject,
        _ mark: RecordMark,
        _ epoch: UInt32
    ) {
        entry.pointee.mark = mark
        entry.pointee.place = subject.place
        entry.pointee.byteCount = subject.byteCount
        entry.pointee.epoch = epoch
        entry.pointee.schema = subject.record.schemaID.rawValue
    }

    /// Everything of the relation so far is superseded.
    private mutating func truncate(_ subject: Subject) {
        let relation = Int(subject.layout.relation)
        endEpoch(relation)
        truncations[relation].latest = (subject.mark(removes: true), subject.place, subject.byteCount)
    }

    /// A *generation* frame: as a TRUNCATE, and it stays.
    private mutating func beginAnew(_ relation: RelationID) {
        guard let index = rules.indexes[relation], rules.relations[index].rule == .keyed else { return }
        endEpoch(index)
    }

    private mutating func endEpoch(_ relation: Int) {
        truncations[relation].epoch += 1
        if let latest = truncations[relation].latest { kill(latest.mark, latest.place, latest.byteCount) }
        truncations[relation].latest = nil
    }
}

extension SurveyFindings {
    /// A frame of a group that nobody closed leaves with all its records.
    mutating func noteUnclosed(_ frame: WaitingFrame) {
        records += frame.header.recordCount
        tallies[frame.segment].records += frame.header.recordCount
        tallies[frame.segment].deadRecords += frame.header.recordCount
        tallies[frame.segment].deadBytes += Int64(frame.byteCount)
    }
}
