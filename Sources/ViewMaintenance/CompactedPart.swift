import EventLog
import Relational

/// A compacted part of the log that a fold cannot take in as it stands: its commits cannot be told apart any more.
enum CompactedPart: Error {
    /// Views have rows of a place inside it, or the fold stood where records are gone: the views begin again from the log's start.
    case overtaken(LogHorizon)
    /// The fold was to stop inside it.
    case limit(FoldLimit, LogHorizon)
}

extension MaintenanceError {
    /// A limit that no fold can meet any more.
    static func unreachable(_ limit: FoldLimit, _ horizon: LogHorizon) -> MaintenanceError {
        let place =
            switch limit {
            case .none: "its beginning"
            case .offset(let offset): "offset \(offset)"
            case .lsn(let lsn): "LSN \(lsn)"
            }
        return MaintenanceError(
            .log,
            "the views cannot be brought to \(place): the log is compacted up to LSN \(horizon.position.lsn)",
            detail: "below offset \(horizon.offset) only the latest record of each key remains",
            hint: "give LSN \(horizon.position.lsn), offset \(horizon.offset) or a later place"
        )
    }
}
