import ViewMaintenance

/// `leftfold status` for people: what is wrong first, then the figures.
enum StatusText {
    static func render(_ status: Status) -> String {
        var lines = status.isDaemonRunning ? [] : ["no daemon is running; start it with: leftfold run"]
        let source = status.source
        var first = "source   \(source.state)  slot \(source.slot)"
        if let confirmed = source.confirmedFlushLsn { first += "  confirmed \(confirmed)" }
        if let lag = source.lagBytes { first += "  lag \(bytes(lag))" }
        if let retained = source.retainedWalBytes { first += "  WAL retained \(bytes(retained))" }
        lines.append(first)
        if let progress = source.progress { lines.append("         \(progress)") }
        if let error = source.error { lines.append("         ! \(error)") }
        lines.append(
            "log      \(status.log.state)  \(bytes(status.log.bytes)) in \(status.log.segments) segments, next offset \(status.log.nextOffset), "
                + "durable \(status.log.durableLsn)"
        )
        if let error = status.log.error {
            lines.append("         ! \(error.message)")
            if let hint = error.hint { lines.append("           hint: \(hint)") }
        }
        lines += compaction(status.log)
        lines += state(status.state)
        lines += memory(status.memory)
        for (name, store) in status.stores.sorted(by: { $0.key < $1.key }) {
            lines += self.store(name, store)
        }
        lines += verification(status.verify)
        lines += rebuild(status.rebuild)
        if status.views.isEmpty { lines.append("views    none: put a SELECT into the views folder") }
        lines += views(status.views)
        return lines.joined(separator: "\n")
    }

    private static func state(_ state: Status.FoldState?) -> [String] {
        guard let state else { return [] }
        var parts: [String] = []
        if let disk = state.bytesOnDisk {
            parts.append("\(bytes(disk)) on disk" + (state.diskLimit.map { " of \(bytes($0))" } ?? ""))
        }
        if let memory = state.bytesInMemory {
            parts.append("\(bytes(memory)) in memory")
        }
        var begin = "no checkpoint"
        if let checkpoint = state.checkpoint {
            begin =
                "checkpoint at offset \(checkpoint.offset), LSN \(checkpoint.lsn), \(StateText.age(checkpoint.ageMs)) old"
        }
        var lines = ["state    " + parts.joined(separator: ", ")]
        lines.append("         \(begin); a restart folds \(StateText.replay(state.restart))")
        if let progress = state.progress { lines.append("         \(progress)") }
        guard let error = state.error else { return lines }
        lines.append("         ! \(error.since.map { "no checkpoint since \($0): " } ?? "")\(error.message)")
        if let detail = error.detail { lines.append("           \(detail)") }
        if let hint = error.hint { lines.append("           hint: \(hint)") }
        return lines
    }

    /// Whoever holds something.
    private static func memory(_ memory: Status.Memory?) -> [String] {
        guard let memory else { return [] }
        let holders = memory.holders.filter { $0.bytes > 0 }.map { holder in
            "\(holder.name) \(bytes(holder.bytes))" + (holder.limit.map { " of \(bytes($0))" } ?? "")
        }
        let line = "memory   \(bytes(memory.bytes)) held, budget \(bytes(memory.budget))"
        return holders.isEmpty ? [line] : [line, "         " + holders.joined(separator: ", ")]
    }

    private static func store(_ name: String, _ store: Status.Store) -> [String] {
        var line = "store    \(name)  \(store.kind)  \(store.location)  \(store.state)"
        if let queued = store.queuedBytes, queued > 0 { line += "  \(bytes(queued)) waiting" }
        var lines = [line]
        if let since = store.failingSince {
            var outage = "         fails since \(since)"
            if let failures = store.failures { outage += ", \(failures) times" }
            if let next = store.nextAttemptMs { outage += ", next attempt in \((next + 999) / 1000) s" }
            lines.append(outage)
        }
        if let error = store.error { lines.append("         ! \(error)") }
        if let detail = store.detail { lines += detail.split(separator: "\n").map { "           \($0)" } }
        if let hint = store.hint { lines.append("           hint: \(hint)") }
        if let warning = store.warning { lines.append("         ! \(warning)") }
        return lines
    }

    private static func compaction(_ log: Status.Log) -> [String] {
        guard let compaction = log.compaction else { return [] }
        var line = "         compacted up to offset \(log.horizon)"
        if compaction.state == .running { line += ", running" + (compaction.progress.map { ": \($0)" } ?? "") }
        if let last = compaction.lastRun {
            line += ", last run \(bytes(last.bytesBefore)) to \(bytes(last.bytesAfter)) in \(last.durationMs) ms"
        }
        var lines = [line]
        if let error = compaction.error {
            lines.append("         ! compaction failed and is tried again: \(error.message)")
            if let hint = error.hint { lines.append("           hint: \(hint)") }
        }
        return lines
    }

    private static func views(_ views: [Status.View]) -> [String] {
        guard !views.isEmpty else { return [] }
        let header = ["view", "store", "state", "frontier", "lag", "rows", "state bytes", "verified"]
        let rows = views.map { view in
            [
                view.name, view.store, view.state.rawValue, view.frontierOffset > 0 ? view.frontierLsn : "-",
                view.lagBytes == 0 ? "0" : "\(bytes(view.lagBytes)), \(view.lagMs) ms",
                view.rows.map(String.init) ?? "-", view.stateBytes == 0 ? "-" : bytes(view.stateBytes),
                view.verifiedThrough.map { through in
                    view.verifiedShare.map { "\(through) (\(VerificationText.percent($0)))" } ?? through
                } ?? (view.warning?.code == "differs" ? "differs" : "-"),
            ]
        }
        var lines = TextTable.render(header, rows)
        for view in views {
            if let original = view.previousOf {
                lines.append("  \(view.name): the version of \(original) before, kept for a rollback")
            }
            if let progress = view.progress { lines.append("  \(view.name): \(progress)") }
            if let error = view.error {
                lines.append("  ! \(view.name): \(error.message)" + (error.offset.map { " (offset \($0))" } ?? ""))
                if let hint = error.hint { lines.append("    hint: \(hint)") }
            }
            if let warning = view.warning {
                lines.append("  ! \(view.name): \(warning.message)")
                if let hint = warning.hint { lines.append("    hint: \(hint)") }
            }
        }
        return lines
    }

    private static func rebuild(_ rebuild: UnfinishedRebuild?) -> [String] {
        guard let rebuild else { return [] }
        var line = "rebuild  \(rebuild.left.joined(separator: ", ")), asked for at \(rebuild.since)"
        if let speed = rebuild.bytesPerSecond { line += ", \(bytes(Int64(speed))) of log a second" }
        if !rebuild.done.isEmpty { line += "; in place: \(rebuild.done.joined(separator: ", "))" }
        return [line]
    }

    private static func verification(_ schedule: Status.Schedule?) -> [String] {
        guard let schedule else { return [] }
        let every = durationText(microseconds: Int64(schedule.everySeconds * 1_000_000))
        var line = "verify   every \(every), \(VerificationText.percent(schedule.share)) of the rows"
        if let view = schedule.running { line += ": \(view)" }
        guard let error = schedule.error else { return [line] }
        return [line, "         ! \(error.message)"] + (error.hint.map { ["           hint: \($0)"] } ?? [])
    }

    /// A byte count in the unit that fits.
    static func bytes(_ count: Int64) -> String {
        switch count {
        case ..<1_024: "\(count) B"
        case ..<1_048_576: "\(count / 1_024) kB"
        case ..<10_737_418_240: "\(count / 1_048_576) MB"
        default: "\(count / 1_073_741_824) GB"
        }
    }
}
