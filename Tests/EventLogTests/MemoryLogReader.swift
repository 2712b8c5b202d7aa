import EventLog
import Relational

/// Reads a `MemoryLog`: the image below the horizon as one unit, then one unit after the other.
struct MemoryLogReader: LogFrameReader, ~Copyable {
    private let log: MemoryLog
    private(set) var progress: Offset
    private var pending: ArraySlice<MemoryMedium.Frame> = []
    /// Of the frames that are pending, when they are of the image.
    private var horizon: LogHorizon?

    init(_ log: MemoryLog, from offset: Offset) throws(LogError) {
        guard offset <= log.frontier.nextOffset else {
            throw LogError(.outOfRange, "offset \(offset) is not in the log")
        }
        try Self.checkFloor(log, offset)
        self.log = log
        progress = offset
    }

    private static func checkFloor(_ log: MemoryLog, _ offset: Offset) throws(LogError) {
        guard offset > .zero, offset < log.medium.floor, log.defect != .hidesTheFloor else { return }
        throw LogError(.horizonPassed, "a tombstone above \(offset) has left")
    }

    mutating func next() throws(LogError) -> FrameView? {
        let medium = log.medium
        if log.defect == .movesReaders, horizon != nil, let first = pending.first {
            // Goes on in the new image as if it were the old one.
            pending = medium.image.drop { $0.unitEnd <= first.unitEnd }[...]
        }
        if pending.isEmpty {
            if progress < medium.horizon.offset {
                try Self.checkFloor(log, progress)
                let start = progress
                pending = medium.image.filter { $0.unitEnd > start }[...]
                horizon = medium.horizon
            } else {
                let start = progress
                guard let unit = medium.units.first(where: { $0.end > start }) else { return nil }
                pending = unit.frames[...]
                horizon = nil
            }
        }
        guard let frame = pending.popFirst() else { return nil }
        var continues = !pending.isEmpty
        if horizon != nil, log.defect == .showsTransactionsBelowHorizon, frame.unitEnd == frame.header.endOffset {
            continues = false
        }
        if !continues { progress = frame.header.endOffset }
        return FrameView(
            header: frame.header,
            payload: frame.payload.slab.bytes,
            continues: continues,
            closing: frame.closing,
            horizon: horizon
        )
    }
}
