import Relational

/// Writes one living record in the form in which it stays: without its old row, or with the key alone of it; and with all its columns.
struct RecordRewriter: ~Copyable {
    /// What becomes of a record.
    enum Outcome {
        case leaves
        case staysAsItIs
        /// It was written into the slab.
        case rewritten
    }

    private let scope: CompactionScope
    private var roles = RecordRoles()
    private var sources: ElderReader

    init(_ scope: CompactionScope) {
        self.scope = scope
        sources = ElderReader(scope)
    }

    /// Decides on a record and writes it into `slab` when it changes. `number` is its number in the run.
    mutating func rewrite(
        _ record: ChangeRecord,
        _ number: Int,
        _ place: RecordPlace,
        _ survey: borrowing CompactionSurvey,
        into slab: inout ByteSlab
    ) throws(LogError) -> Outcome {
        let layout = survey.rules.layout(record)
        switch layout.rule {
        case .untouched: return .staysAsItIs
        case .sized: return survey.findings.sizes.isCut(place, Int(layout.relation)) ? .leaves : .staysAsItIs
        case .aged: return survey.findings.marks[number] == .dead ? .leaves : .staysAsItIs
        case .keyed: break
        }
        let bits = survey.findings.marks[number]
        if bits == .dead { return .leaves }
        let isDirty = number < survey.findings.dirtyCount
        // What was there before `clean` has its form, until one of two roles dies.
        if !isDirty, bits.isEmpty { return .staysAsItIs }
        guard record.oldRow != nil || record.unchangedCount > 0 else { return .staysAsItIs }
        switch roles.roles(of: record, layout, survey.rules) {
        case .truncate, .unknown: return .staysAsItIs
        case .remove: return writeDelete(record, layout, survey.rules, into: &slab)
        case .put: return try writePut(record, number, keepsOld: false, layout, survey, into: &slab)
        case .move:
            // One that could not be completed below `clean` keeps its elders under the old key, and so both roles.
            if !isDirty, record.unchangedCount > 0 { return .staysAsItIs }
            if bits == .state { return writeDelete(record, layout, survey.rules, into: &slab) }
            return try writePut(
                record,
                number,
                keepsOld: bits.isEmpty,
                layout,
                survey,
                into: &slab
            )
        }
    }

    // MARK: Forms

    /// A delete with the key alone.
    private func writeDelete(
        _ record: ChangeRecord,
        _ layout: RelationRules.Layout,
        _ rules: borrowing RelationRules,
        into slab: inout ByteSlab
    ) -> Outcome {
        guard let old = record.oldRow else { return .staysAsItIs }
        if record.operation == .delete, rules.isReduced(record, old, layout) { return .staysAsItIs }
        let start = slab.beginRecord(
            .delete,
            schema: record.schemaID,
            hasNew: false,
            hasOld: true,
            oldIsIdentityOnly: true
        )
        writeKey(of: old, layout, rules, into: &slab)
        slab.endRecord(start)
        return .rewritten
    }

    private func writeKey(
        of old: RowView,
        _ layout: RelationRules.Layout,
        _ rules: borrowing RelationRules,
        into slab: inout ByteSlab
    ) {
        let row = slab.beginRow(columnCount: old.columnCount)
        for (column, isFixed) in rules.keyColumnsInOrder(layout) {
            slab.set(column, copying: old, column: column, isFixed: isFixed, in: row)
        }
        slab.endRow(row)
    }

    /// An insert or update without its old row, or with the key alone of it; one that lacks columns gets them, or stays as it is.
    private mutating func writePut(
        _ record: ChangeRecord,
        _ number: Int,
        keepsOld: Bool,
        _ layout: RelationRules.Layout,
        _ survey: borrowing CompactionSurvey,
        into slab: inout ByteSlab
    ) throws(LogError) -> Outcome {
        guard let new = record.newRow else { return .staysAsItIs }
        if keepsOld, record.unchangedCount == 0, let old = record.oldRow,
            survey.rules.isReduced(record, old, layout)
        {
            return .staysAsItIs
        }
        let completion = record.unchangedCount > 0 ? survey.findings.completion(number) : nil
        if record.unchangedCount > 0, completion == nil, !isCompletedByItself(record, survey.rules) {
            return .staysAsItIs
        }
        let start = slab.beginRecord(
            record.operation,
            schema: record.schemaID,
            hasNew: true,
            hasOld: keepsOld,
            oldIsIdentityOnly: true
        )
        if record.unchangedCount == 0 {
            slab.append(row: new)
        } else {
            try sources.load(completion?.sources ?? [])
            try RowCompletion(record, survey.rules.schemas).write(new, sources, into: &slab)
        }
        if keepsOld, let old = record.oldRow { writeKey(of: old, layout, survey.rules, into: &slab) }
        slab.endRecord(start)
        return .rewritten
    }

    /// Whether the record's own old row has every column that the new row lacks.
    private func isCompletedByItself(_ record: ChangeRecord, _ rules: borrowing RelationRules) -> Bool {
        let schema = rules.schema(record)
        return (0..<record.unchangedCount).allSatisfy { index in
            record.oldRowHolds(record.unchangedColumn(at: index), schema)
        }
    }
}
