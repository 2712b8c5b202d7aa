import EventLog
import PostgresSource
import Relational
import ViewMaintenance
import ViewPlan

/// What a table's retention means for its views, and what `plan` and `doctor` say of it.
extension LogRetention {
    /// Why a view cannot be computed from what the log keeps; nil when it can.
    ///
    /// A view is a function of the rows that its tables have now. `compact` keeps what tells them; a log that drops records by age or
    /// size has forgotten rows that are still in Postgres.
    func refusal(of definition: ViewDefinition, _ relations: [RelationSchema]) -> Status.Failure? {
        let reads = definition.root.relations
        for schema in relations.sorted(by: { $0.name < $1.name }) where reads.contains(schema.relationID) {
            let retention = policy(for: schema)
            let table = TableName(schema.name)
            let kept: String
            switch retention {
            case .compact, .keep: continue
            case .time: kept = "records younger than \(retention.text)"
            case .size: kept = "the newest \(retention.text) of records"
            }
            return Status.Failure(
                code: "definition",
                message: "view \(definition.name) reads \(table), of which the log keeps only \(kept): "
                    + "it would lack rows that are still in the database",
                hint: "set 'retention: { \(table): keep }' in leftfold.yaml, then: leftfold plan"
            )
        }
        return nil
    }

    /// That nothing of a table can be compacted, with the SQL that changes it; nil where that was not asked for.
    func missingKey(of schema: RelationSchema) -> (message: String, fix: String)? {
        guard requested(for: schema.name) == .compact, policy(for: schema) == .keep else { return nil }
        guard schema.primaryKey.isEmpty else {
            return (
                "has a replica identity that names no column: the log keeps every record of it",
                "ALTER TABLE \(schema.name.quoted) REPLICA IDENTITY DEFAULT;"
            )
        }
        let names = schema.uniqueKeys.first?.map { QualifiedName.quote(schema.columns[$0].name) } ?? ["…"]
        return (
            "has no key: the log keeps every record of it",
            "ALTER TABLE \(schema.name.quoted) ADD PRIMARY KEY (\(names.joined(separator: ", ")));"
        )
    }

    /// What `doctor` says of a table that is followed.
    func examine(_ schema: RelationSchema, _ publication: PublicationState) -> [DoctorCheck] {
        let name = "retention of \(TableName(schema.name))"
        if let (message, fix) = missingKey(of: schema) { return [DoctorCheck(name, .note, message, fix: fix)] }
        let retention = policy(for: schema)
        switch retention {
        case .compact, .keep: return []
        case .time, .size: break
        }
        // Without an identity Postgres refuses updates and deletes, or does not publish them.
        guard publication.updates || publication.deletes, !schema.identityColumns.isEmpty else { return [] }
        return [
            DoctorCheck(
                name,
                .note,
                "is \(retention.text), meant for rows that are only inserted; the records of updates and deletes leave in the same "
                    + "way, whatever is still in the table",
                fix: "if its rows change: set 'retention: { \(TableName(schema.name)): compact }' in leftfold.yaml"
            )
        ]
    }
}

extension TableName {
    fileprivate init(_ name: QualifiedName) { self.init(schema: name.schema, name: name.name) }
}
