public import EventLog
import Relational

extension Status.Log {
    /// How a log stands that is open in this process.
    public init(_ log: EventLog) {
        let durable = log.frontier
        let first = log.firstOffset.rawValue
        self.init(
            id: log.id.description,
            firstOffset: first,
            nextOffset: durable.nextOffset.rawValue,
            horizon: first,
            bytes: durable.byteCount,
            segments: durable.segmentCount,
            durableLsn: durable.source.lsn.description
        )
        guard let shortage = log.shortage else { return }
        state = "waiting"
        error = Status.Failure(code: "disk_full", message: "\(shortage)", hint: shortage.hint)
    }
}
