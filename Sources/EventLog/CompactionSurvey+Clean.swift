import Relational

/// The clean part: looking up its records in the key map.
extension CompactionSurvey {
    mutating func surveyClean() throws(LogError) {
        var number = scope.dirtyCount
        for index in 0..<scope.cleanCount {
            if isFirstPass { findings.cleanStarts.append(number) }
            var walk = try FileWalk(scope, index)
            while let frame = try walk.next() {
                pace.note(keyMapByteCount: map.byteCount + chains.byteCount)
                try pace.advance(frame.byteCount)
                if isFirstPass { note(frame, numberedFrom: number) }
                if frame.header.kind.hasRecords { take(frame, numberedFrom: number, isDirty: false) }
                number += frame.header.recordCount
            }
        }
    }

    mutating func probe(_ subject: Subject, _ time: Int64) {
        let kind = roles.roles(of: subject.record, subject.layout, rules)
        if isFirstPass, kind == .remove || kind == .move || kind == .truncate { findings.tombstones += 1 }
        let isTruncated = truncations[Int(subject.layout.relation)].epoch > 0
        switch kind {
        case .put: probePut(subject, isTruncated, moves: false)
        case .remove: probeRemove(subject, isTruncated, time, moves: false)
        case .move:
            probeRemove(subject, isTruncated, time, moves: true)
            probePut(subject, isTruncated, moves: true)
        case .truncate:
            let mark = subject.mark(removes: true)
            if isTruncated {
                kill(mark, subject.place, subject.byteCount)
            } else if isFirstPass, mayLeave(subject, time) {
                drop(subject, mark)
            }
        case .unknown: break
        }
    }

    private mutating func probePut(_ subject: Subject, _ isTruncated: Bool, moves: Bool) {
        let mark = subject.mark(moves: moves)
        if isTruncated { return kill(mark, subject.place, subject.byteCount) }
        let hash = KeyHash.hash(roles.newKey.bytes)
        guard covers(roles.newKey, hash), let entry = map.find(roles.newKey.bytes, hash: hash) else { return }
        let chain = entry.pointee.chain
        guard chain != 0, chains[chain: chain].base != 0 else {
            return kill(mark, subject.place, subject.byteCount)
        }
        let base = chains[chain: chain].base
        switch chains[node: base].state {
        case .baseVoid, .record: kill(mark, subject.place, subject.byteCount)
        case .baseAmbiguous: break
        case .base: chains[node: base].state = .baseAmbiguous
        case .baseUnknown:
            chains[node: base].state = .base
            chains[node: base].mark = mark
            chains[node: base].place = subject.place
            chains[node: base].byteCount = subject.byteCount
            chains[node: base].pattern = missing.index(subject.record, rules.schema(subject.record))
        }
    }

    private mutating func probeRemove(_ subject: Subject, _ isTruncated: Bool, _ time: Int64, moves: Bool) {
        let mark = subject.mark(removes: true, moves: moves)
        if isTruncated { return kill(mark, subject.place, subject.byteCount) }
        let hash = KeyHash.hash(roles.oldKey.bytes)
        guard covers(roles.oldKey, hash) else { return }
        if map.find(roles.oldKey.bytes, hash: hash) != nil {
            kill(mark, subject.place, subject.byteCount)
        } else if case .hashes = coverage, mayLeave(subject, time) {
            drop(subject, mark)
        }
    }

    private mutating func drop(_ subject: Subject, _ mark: RecordMark) {
        findings.drop(
            mark,
            segment: subject.place.segment,
            byteCount: Int(subject.byteCount),
            unitEnd: subject.unitEnd
        )
    }

    /// Whether nobody stands below a tombstone any more. A partial record that moved its row and could not be completed keeps its
    /// elders, under the old key, and therefore both its roles.
    private func mayLeave(_ subject: Subject, _ time: Int64) -> Bool {
        subject.unitEnd <= cursorOffset && time <= options.now.minus(options.minAge)
            && subject.record.unchangedCount == 0
            && !rules.relations[Int(subject.layout.relation)].hasManyKeys
    }
}
