import PostgresClient

/// How the slot stands.
struct SlotChecks {
    private static let muchBytes: Int64 = 5 << 30
    private let configuration: SourceConfiguration
    private let connection: PostgresConnection

    init(_ configuration: SourceConfiguration, _ connection: PostgresConnection) {
        self.configuration = configuration
        self.connection = connection
    }

    /// One finding for the slot, and one for what it makes the server keep.
    func run() throws(PostgresError) -> [DoctorCheck] {
        let name = "slot \(configuration.slot)"
        guard let slot = try SlotState.read(configuration.slot, connection) else {
            return [DoctorCheck(name, .ok, "does not exist yet; run makes it")]
        }
        if slot.plugin != "pgoutput" || slot.database != connection.database {
            return [
                DoctorCheck(
                    name,
                    .problem,
                    "is not a pgoutput slot of database \(connection.database)",
                    fix: "choose another name in leftfold.yaml: source.postgres.slot"
                )
            ]
        }
        if slot.isLost {
            let why = slot.invalidationReason.map { " (\($0))" } ?? ""
            return [
                DoctorCheck(
                    name,
                    .problem,
                    "was invalidated\(why): the server threw away what it needed",
                    fix: "leftfold destroy --delete-data && leftfold run"
                )
            ]
        }
        let position = slot.confirmedFlush.map { "confirmed \($0)" } ?? "nothing confirmed"
        let reader = slot.activeProcessID.map { ", read by pid \($0)" } ?? ", read by nobody"
        var checks = [DoctorCheck(name, .ok, position + reader)]
        if let retained = slot.retainedBytes, retained >= Self.muchBytes || slot.walStatus == "unreserved" {
            checks.append(
                DoctorCheck(
                    name,
                    .warning,
                    "the server keeps \(retained >> 20) MiB of write-ahead log for it (wal_status \(slot.walStatus ?? "-"))",
                    fix: "let it catch up: leftfold run"
                )
            )
        }
        return checks
    }
}
