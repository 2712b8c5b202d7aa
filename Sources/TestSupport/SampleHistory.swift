import EventLog
import Relational

/// Every frame that was appended to a log, in arrays: what the suite compares the log with.
struct SampleHistory {
    struct Frame {
        var kind: FrameKind
        var first: Offset
        var group = GroupID.none
        var transaction: TransactionHeader
        var records: [SampleRecord] = []
        var relations: [RelationID] = []
        var schema: SchemaID?
        /// The unit it belongs to, and its place in the order of delivery; nil while its group is open and when it was dropped.
        var unit: Int?
        var order: Int?

        var end: Offset { Offset(first.rawValue + Int64(max(1, records.count))) }
    }

    /// What is delivered as a whole, and the state of the sample tables after it.
    struct Unit {
        /// Indexes of frames, the closing one last.
        var frames: [Int]
        var end: Offset
        var time: Int64
        var state: SampleState
        /// The source's position and its time, as a frontier at the unit's end tells them.
        var source: SourcePosition
        var sourceTime: Int64
        var lastOrder: Int
    }

    private(set) var frames: [Frame] = []
    /// In the order of delivery, which is that of their ends.
    private(set) var units: [Unit] = []
    private var pending: [GroupID: [Int]] = [:]

    /// The offset of the next frame.
    var end: Offset { frames.last?.end ?? .zero }

    var state: SampleState { units.last?.state ?? SampleState() }

    var source: SourcePosition { units.last?.source ?? .none }

    /// The frame that begins with an offset.
    func index(of first: Offset) -> Int? {
        var low = 0
        var high = frames.count
        while low < high {
            let middle = (low + high) / 2
            if frames[middle].first < first { low = middle + 1 } else { high = middle }
        }
        return low < frames.count && frames[low].first == first ? low : nil
    }

    /// How many units end at or below an offset.
    func unitCount(endingBy offset: Offset) -> Int {
        var low = 0
        var high = units.count
        while low < high {
            let middle = (low + high) / 2
            if units[middle].end <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Takes note of a frame that the log has taken at `end`.
    mutating func append(_ frame: Frame) throws {
        let index = frames.count
        frames.append(frame)
        if frame.kind.isGroupMember {
            pending[frame.group, default: []].append(index)
            return
        }
        let members = frame.group == .none ? [] : pending.removeValue(forKey: frame.group) ?? []
        var unit = Unit(
            frames: members + [index],
            end: frame.end,
            time: frame.transaction.commitTime,
            state: state,
            source: source,
            sourceTime: units.last?.sourceTime ?? 0,
            lastOrder: units.last?.lastOrder ?? -1
        )
        for member in unit.frames {
            unit.lastOrder += 1
            frames[member].unit = units.count
            frames[member].order = unit.lastOrder
            for record in frames[member].records { try unit.state.apply(record, asState: false) }
        }
        if frame.kind == .generation {
            for table in frame.relations.compactMap(SampleTable.table) { unit.state.clear(table) }
        }
        unit.moveSource(frame)
        units.append(unit)
    }

    /// Forgets what a crash has lost: all from `end` on, and groups that were not closed.
    mutating func cut(to end: Offset) {
        units.removeAll { $0.end > end }
        frames.removeAll { $0.first >= end }
        for index in frames.indices where frames[index].unit.map({ $0 >= units.count }) == true {
            frames[index].unit = nil
            frames[index].order = nil
        }
        pending = [:]
    }
}

extension SampleHistory.Unit {
    fileprivate mutating func moveSource(_ frame: SampleHistory.Frame) {
        let position = frame.transaction.commitEnd
        switch frame.kind {
        case .commit, .position:
            guard position.lsn != .zero else { return }
        case .snapshotComplete:
            guard position.lsn > source.lsn else { return }
        case .part, .snapshot, .schema, .clockTick, .application, .generation:
            return
        }
        source = position
        sourceTime = frame.transaction.commitTime
    }
}
