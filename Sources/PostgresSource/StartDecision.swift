import Relational

/// What a start finds, and what follows from it. Pure.
///
/// | log | slot | then |
/// |---|---|---|
/// | empty | none | make the slot, read the first snapshot |
/// | schemas, no position | none | the same |
/// | schemas, no position | there, unused by anybody | the first snapshot was cut short: drop the slot and begin again |
/// | empty | there | not ours: the choices |
/// | has a position | none, lost, or ahead of the log | a named gap: the choices |
/// | has a position | there, at or behind the log | stream from the log's position |
///
/// Why the slot of the third row is ours: the schemas were made durable before the slot was asked for, and the slot was not
/// there then.
enum StartDecision: Equatable {
    case stream
    case snapshot
    case snapshotAgain
    /// Somebody reads the slot.
    case wait(processID: Int32)

    /// What is known when a connection is open.
    struct Situation {
        var slotName: String
        var database: String
        var durable: SourcePosition
        var hasSchemas: Bool
        var slot: SlotState?
        var timeline: UInt32
        var serverEnd: LSN
    }

    init(_ found: Situation) throws(SourceError) {
        let name = SourceAdvice.quoted(found.slotName)
        if let slot = found.slot {
            guard slot.plugin == "pgoutput", slot.database == found.database else {
                throw SourceError(
                    .slotNotOurs,
                    "slot \(name) is not a pgoutput slot of database \(found.database)",
                    hint: "choose another name in leftfold.yaml: source.postgres.slot"
                )
            }
        }
        guard found.durable != .none else {
            self = try Self.withoutPosition(found)
            return
        }
        guard found.timeline == found.durable.timeline else {
            throw SourceError(
                .timelineChanged,
                "the server is on timeline \(found.timeline) and the log on \(found.durable.timeline), at \(found.durable.lsn)",
                detail: "it was promoted or restored; the log may hold commits that this server never had",
                hint: SourceAdvice.startAnew(found.slotName)
            )
        }
        guard let slot = found.slot else {
            throw SourceError(
                .gapSlotMissing,
                "slot \(name) is gone: nothing says what was committed after \(found.durable.lsn)",
                hint: SourceAdvice.startAnew(found.slotName)
            )
        }
        guard !slot.isLost, let confirmed = slot.confirmedFlush else {
            throw SourceError(
                .gapSlotLost,
                "slot \(name) was invalidated: changes after \(found.durable.lsn) are lost to it",
                detail: slot.invalidationReason.map { "invalidation_reason: \($0)" }
                    ?? "the server keeps no more than max_slot_wal_keep_size",
                hint: "raise max_slot_wal_keep_size; then " + SourceAdvice.startAnew(found.slotName)
            )
        }
        guard confirmed <= found.durable.lsn else {
            throw SourceError(
                .gapSlotAhead,
                "slot \(name) is at \(confirmed) and the log ends at \(found.durable.lsn)",
                detail: "commits between them are in neither: the log was restored, or something else read the slot",
                hint: SourceAdvice.startAnew(found.slotName)
            )
        }
        guard found.serverEnd >= found.durable.lsn else {
            throw SourceError(
                .serverBehindLog,
                "the server ends at \(found.serverEnd) and the log at \(found.durable.lsn)",
                detail: "the server was restored to an earlier state",
                hint: SourceAdvice.startAnew(found.slotName)
            )
        }
        self = slot.activeProcessID.map { .wait(processID: $0) } ?? .stream
    }

    private static func withoutPosition(_ found: Situation) throws(SourceError) -> StartDecision {
        guard let slot = found.slot else { return .snapshot }
        guard found.hasSchemas else {
            throw SourceError(
                .slotNotOurs,
                "slot \(SourceAdvice.quoted(found.slotName)) exists and the log is empty: it belongs to another log",
                hint: "bring back that log's data folder, or choose another slot name, or, when nobody needs it: "
                    + "SELECT pg_drop_replication_slot('\(found.slotName)');"
            )
        }
        if let processID = slot.activeProcessID { return .wait(processID: processID) }
        return .snapshotAgain
    }
}

/// Sentences that several errors share.
enum SourceAdvice {
    static func quoted(_ name: String) -> String { "\"\(name)\"" }

    /// The choices after a gap.
    static func startAnew(_ slot: String) -> String {
        "restore the data folder and slot that belong together, or start from a new snapshot: "
            + "leftfold destroy --delete-data && leftfold run"
    }
}
