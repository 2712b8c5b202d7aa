import Relational

/// What both parts of the survey do with a frame.
extension CompactionSurvey {
    /// One record on its way into the survey.
    struct Subject {
        var record: ChangeRecord
        var layout: RelationRules.Layout
        var number: Int
        /// Where its unit ends: a reader below has not seen it.
        var unitEnd: Offset
        var place: RecordPlace
        /// What it will take when it stays.
        var byteCount: UInt32
        var isAlone: Bool

        func mark(removes: Bool = false, moves: Bool = false) -> RecordMark {
            RecordMark(number, removes: removes, moves: moves, isAlone: isAlone)
        }
    }

    /// Counts a frame, once in a run. `number` is that of its first record.
    mutating func note(_ frame: WalkedFrame, numberedFrom number: Int) {
        let header = frame.header
        findings.records += header.recordCount
        findings.tallies[frame.segment].records += header.recordCount
        if header.firstOffset >= scope.base { findings.notePosition(header) }
        if header.kind == .clockTick, header.firstOffset > findings.lastTick ?? Offset(-1) {
            findings.lastTick = header.firstOffset
        }
        let isLast = frame.position + Int64(frame.byteCount) == scope.segments[frame.segment].byteCount
        let isEmpty = header.kind.hasRecords && header.recordCount == 0 && header.group == .none
        if !isLast, isEmpty || header.kind == .position {
            findings.tallies[frame.segment].spareBytes += Int64(frame.byteCount)
        }
        if header.kind.isGroupMember {
            let count = header.isSparse && number < scope.dirtyCount ? header.offsetCount : header.recordCount
            findings.groups[header.group, default: []].append(number..<number + count)
        }
    }

    /// Takes the records of one frame: dirty ones fill the key map, clean ones are looked up in it. `start` is the number of the first.
    mutating func take(_ frame: WalkedFrame, numberedFrom start: Int, isDirty: Bool) {
        let header = frame.header
        let position = frame.position + Int64(StoredFrame.headerByteCount)
        var passed: Int64 = 0
        var index = 0
        var ahead = FrameRecords(frame.payload)
        let isWorthTouching = map.byteCount > 1 << 20
        for record in FrameRecords(frame.payload) {
            if isWorthTouching, index % KeyTouch.countMax == 0 { touch.touch(&ahead, in: map, rules) }
            let layout = rules.layout(record)
            let distance = isDirty && header.isSparse ? record.offsetDistance : index
            if layout.rule != .untouched {
                let subject = Subject(
                    record: record,
                    layout: layout,
                    number: start + distance,
                    unitEnd: frame.unitEnd,
                    place: RecordPlace(segment: frame.segment, position: position + passed),
                    byteCount: UInt32(record.byteCount),
                    isAlone: header.recordCount == 1
                )
                if layout.rule != .keyed {
                    if isFirstPass { age(subject, frame) }
                } else if isDirty {
                    take(subject)
                } else {
                    probe(subject, frame.time)
                }
            }
            passed += Int64(record.byteCount)
            index += 1
        }
    }

    /// A record of a `time` or `size` relation.
    private mutating func age(_ subject: Subject, _ frame: WalkedFrame) {
        let relation = Int(subject.layout.relation)
        if subject.layout.rule == .sized {
            return findings.sizes.add(Int(subject.byteCount), of: relation, in: frame)
        }
        guard frame.time != 0, frame.time < rules.relations[relation].limit else { return }
        kill(subject.mark(), subject.place, subject.byteCount)
        findings.leave(subject.unitEnd)
    }
}
