import Relational
import StateFiles

/// How an arrangement's rows come into files and back.
///
/// 1. The first time, the table is handed over as a whole and a table of deltas takes its place; when it is written, it comes back and takes
///    the deltas in. From then on a journal of what is staged is handed over.
/// 2. Where memory does not suffice the table stays away, and the deltas are handed over in its place.
/// 3. Runs are read back into memory by another thread (`Loading`), while deltas go on.
extension Arrangement: StatePiece {
    var spines: [Spine] { [spine] }

    var isTight: Bool {
        get { !wantsResidence }
        set { wantsResidence = !newValue }
    }

    var fullByteCount: Int {
        guard isLayered, whole == nil else { return byteCount }
        return runs.reduce(byteCount) {
            $0 + $1.reference.entryCount * Self.entryByteCount + Int($1.reference.byteCount)
        }
    }

    /// What a row takes in memory beside its values.
    private static let entryByteCount = 96

    func handOver() -> [StatePart] {
        guard folder != nil else { return [] }
        if isLayered {
            if !table.isEmpty { seal(handingOver: takeTable()) }
        } else if let written = journal {
            if !written.isEmpty {
                journal = Journal(codec: codec)
                hand(over: written)
            }
        } else {
            let sealed = takeTable()
            whole = sealed
            hand(over: sealed)
            isLayered = true
        }
        guard let first = handedOver.first else { return [] }
        let isWhole = whole != nil && first.source === whole
        return [
            StatePart(spine: spine, sequence: lastSequence, isWhole: isWhole, sources: handedOver.map(\.source))
        ]
    }

    /// The table; an empty one for deltas takes its place.
    private func takeTable() -> SealedTable {
        var taken = ShardedTable(holdsDeltas: true)
        swap(&taken, &table)
        return SealedTable(taken, codec: codec)
    }

    private func seal(handingOver sealed: SealedTable) {
        loading?.since.append(sealed)
        hand(over: sealed)
    }

    private func hand(over source: any StateSource) {
        lastSequence += 1
        handedOver.append(HandedOver(sequence: lastSequence, source: source))
    }

    func adopt() throws(DataflowError) {
        try finishLoading()
        if let content = spine.content(after: version) { try adopt(content) }
        if !isLayered, !wantsResidence, handedOver.isEmpty { try moveOut() }
    }

    private func adopt(_ content: Spine.Content) throws(DataflowError) {
        version = content.version
        runs = content.runs
        let doneCount = handedOver.prefix { $0.sequence <= content.written }.count
        let isBack = doneCount > 0 && whole != nil
        let tables = handedOver.compactMap { $0.source as? SealedTable }
        handedOver.removeFirst(doneCount)
        if isBack, let base = whole {
            whole = nil
            if wantsResidence { try becomeResident(base.take(), with: tables.filter { $0 !== base }) }
        }
    }

    func restore(_ note: StateNote, runs: [[Run]]) {
        spine.restore(runs[0])
        self.runs = runs[0]
        version = spine.current.version
        rowCount = note.rowCount
        isLayered = true
        table = ShardedTable(holdsDeltas: true)
    }

    var note: StateNote { StateNote(rowCount: rowCount) }

    // MARK: Residence

    /// Takes tables of deltas into a table of all rows that are elsewhere, and has it in memory from now on.
    ///
    /// What is not written of the deltas stays handed over; what was not handed over goes on in the journal.
    private func becomeResident(
        _ base: consuming ShardedTable,
        with tables: [SealedTable]
    ) throws(DataflowError) {
        var base = base
        base.check(isUnique: false, holdsDeltas: true)
        for sealed in tables { try base.add(sealed.table, at: .before) }
        let fresh = Journal(codec: codec)
        try table.forEachBatch(at: .before) { rows, keys throws(DataflowError) in
            try base.stage(rows, keys: keys)
            fresh.append(rows, keys: keys)
        }
        base.seal()
        fresh.seal()
        base.check(isUnique: isUnique, holdsDeltas: holdsChanges)
        table = base
        journal = fresh
        isLayered = false
    }

    /// Leaves the rows to the runs, which have all but those of the journal.
    private func moveOut() throws(DataflowError) {
        guard let rest = journal else { return }
        var deltas = ShardedTable(holdsDeltas: true)
        try deltas.stage(rest.rows, keys: rest.keys)
        deltas.seal()
        table = deltas
        journal = nil
        isLayered = true
    }

    /// What reads the runs into memory, on another thread; nil when there is nothing to read or it is being done.
    func beginLoading() -> StateLoading? {
        guard isLayered, wantsResidence, !isReadOnce, loading == nil, whole == nil, let folder else { return nil }
        let tables = handedOver.compactMap { $0.source as? SealedTable }
        let job = StateLoading(runs: runs, codec: codec, cache: folder.cache)
        loading = Loading(job: job, since: tables)
        return job
    }

    /// Takes in what was read, once it is.
    private func finishLoading() throws(DataflowError) {
        guard let running = loading, let result = running.job.result else { return }
        loading = nil
        guard wantsResidence else { return }
        switch result {
        case .success(let base): try becomeResident(base.take(), with: running.since)
        case .failure(let error): throw DataflowError(reading: error)
        }
    }

    /// Runs that are being read into memory.
    struct Loading {
        var job: StateLoading
        /// The tables whose rows are not in those runs.
        var since: [SealedTable]
    }
}
