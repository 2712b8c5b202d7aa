import Relational
import ViewMaintenance

/// The daemon's status in the Prometheus text exposition format, version 0.0.4.
struct PrometheusText {
    private let status: Status
    private var text = ""

    static func render(_ status: Status) -> String {
        var exposition = PrometheusText(status: status)
        exposition.source()
        exposition.log()
        exposition.compaction()
        exposition.state()
        exposition.memory()
        exposition.stores()
        exposition.views()
        return exposition.text
    }

    private init(status: Status) { self.status = status }

    private mutating func gauge(
        _ name: String,
        _ help: String,
        _ samples: [(labels: String, value: Int64)],
        type: String = "gauge"
    ) {
        guard !samples.isEmpty else { return }
        text += "# HELP leftfold_\(name) \(help)\n# TYPE leftfold_\(name) \(type)\n"
        for sample in samples { text += "leftfold_\(name)\(sample.labels) \(sample.value)\n" }
    }

    private mutating func source() {
        let source = "{slot=\"\(Self.escape(status.source.slot))\"}"
        gauge(
            "source_streaming",
            "1 while changes are streamed from the server",
            [(source, status.source.state == "streaming" ? 1 : 0)]
        )
        gauge(
            "source_lag_bytes",
            "WAL written but not yet durable in the log",
            Self.sample(source, status.source.lagBytes)
        )
        gauge(
            "slot_retained_wal_bytes",
            "WAL that the slot makes the server keep",
            Self.sample(source, status.source.retainedWalBytes)
        )
    }

    private mutating func log() {
        gauge(
            "log_waiting_for_space",
            "1 while the disk of the event log has no space for more",
            [("", status.log.state == "waiting" ? 1 : 0)]
        )
        gauge("log_bytes", "bytes of the event log", [("", status.log.bytes)])
        gauge("log_segments", "segments of the event log", [("", Int64(status.log.segments))])
        gauge("log_next_offset", "offset of the next frame", [("", status.log.nextOffset)])
        gauge("log_horizon", "offset below which the log is compacted", [("", status.log.horizon)])
    }

    private mutating func compaction() {
        guard let compaction = status.log.compaction else { return }
        gauge(
            "compaction_running",
            "1 while the log is being compacted",
            [("", compaction.state == .running ? 1 : 0)]
        )
        gauge("compaction_failing", "1 while the last run has failed", [("", compaction.error == nil ? 0 : 1)])
        gauge(
            "compaction_failed_runs_total",
            "runs of compaction that have failed",
            [("", Int64(compaction.failedRuns))],
            type: "counter"
        )
        if let last = compaction.lastRun {
            gauge("compaction_last_duration_milliseconds", "how long the last run took", [("", last.durationMs)])
        }
    }

    private mutating func state() {
        guard let state = status.state else { return }
        gauge("state_disk_bytes", "bytes of the runs and checkpoints of state", Self.sample("", state.bytesOnDisk))
        gauge("state_disk_limit_bytes", "what the settings allow the state on disk", Self.sample("", state.diskLimit))
        gauge("state_memory_bytes", "memory held by all operators' state", Self.sample("", state.bytesInMemory))
        gauge("checkpoint_offset", "offset at which a restart begins", [("", state.checkpoint?.offset ?? 0)])
        gauge("checkpoint_age_milliseconds", "age of that checkpoint", Self.sample("", state.checkpoint?.ageMs))
        gauge("checkpoint_failing", "1 while checkpoints cannot be written", [("", state.error == nil ? 0 : 1)])
        gauge("restart_records", "records of the log that a restart would fold", [("", state.restart.records)])
        gauge("restart_bytes", "bytes of the log that a restart would fold", [("", state.restart.bytes)])
    }

    private mutating func memory() {
        guard let memory = status.memory else { return }
        func holders(_ value: (Status.Memory.Holder) -> Int64?) -> [(labels: String, value: Int64)] {
            memory.holders.compactMap { holder in
                value(holder).map { ("{holder=\"\(Self.escape(holder.name))\"}", $0) }
            }
        }
        gauge("memory_budget_bytes", "what state, caches and queues may hold", [("", memory.budget)])
        gauge("memory_bytes", "memory that is held of the budget, by holder", holders(\.bytes))
        gauge("memory_limit_bytes", "what a holder of memory may hold", holders(\.limit))
    }

    private mutating func stores() {
        func stores(_ value: (Status.Store) -> Int64?) -> [(labels: String, value: Int64)] {
            Self.samples(status.stores, value)
        }
        gauge("store_open", "1 while the store takes what the fold has for it", stores { $0.state == "open" ? 1 : 0 })
        gauge("store_queue_bytes", "bytes of rows that wait for the store", stores { $0.queuedBytes })
        gauge("store_failures", "failures of the store in a row", stores { Int64($0.failures ?? 0) })
    }

    private mutating func views() {
        func views(_ value: (Status.View) -> Int64?) -> [(labels: String, value: Int64)] {
            Self.samples(status.views, value)
        }
        gauge("view_live", "1 while the view follows the log", views { $0.state == .live ? 1 : 0 })
        gauge("view_frontier_offset", "offset up to which the view is folded", views { $0.frontierOffset })
        gauge("view_lag_bytes", "WAL between the log's end and the view", views { $0.lagBytes })
        gauge("view_lag_milliseconds", "age of the view while the log holds newer commits", views { $0.lagMs })
        gauge("view_rows", "rows of the view", views { $0.rows })
        gauge("view_verified_lsn", "where the view was last found equal to the source", views(Self.verifiedNumber))
        gauge("view_differs", "1 while the view is known to differ", views { $0.warning?.code == "differs" ? 1 : 0 })
        gauge("view_state_bytes", "memory held by the view's operators", views { $0.stateBytes })
    }

    /// The LSN as a number.
    private static func verifiedNumber(_ view: Status.View) -> Int64? {
        view.verifiedThrough.flatMap { LSN(parsing: $0) }.map { Int64(clamping: $0.rawValue) }
    }

    private static func sample(_ labels: String, _ value: Int64?) -> [(labels: String, value: Int64)] {
        value.map { [(labels, $0)] } ?? []
    }

    private static func samples(
        _ stores: [String: Status.Store],
        _ value: (Status.Store) -> Int64?
    ) -> [(labels: String, value: Int64)] {
        stores.sorted { $0.key < $1.key }.compactMap { name, store in
            value(store).map { ("{store=\"\(escape(name))\",kind=\"\(escape(store.kind))\"}", $0) }
        }
    }

    private static func samples(
        _ views: [Status.View],
        _ value: (Status.View) -> Int64?
    ) -> [(labels: String, value: Int64)] {
        views.compactMap { view in
            value(view).map { ("{view=\"\(escape(view.name))\",store=\"\(escape(view.store))\"}", $0) }
        }
    }

    private static func escape(_ label: String) -> String {
        var escaped = ""
        for character in label.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
