import EventLog
import Foundation
import Relational
import SQLiteStore
import ViewMaintenance
import ViewStores

/// What the configuration says of compaction, and runs without a daemon.
extension Installation {
    /// How a daemon of this installation compacts its log.
    var compaction: CompactionSettings {
        var options = configuration.compactionOptions(now: 0)
        options.bytesPerSecond = options.bytesPerSecond ?? CompactionSettings.bytesPerSecond
        return CompactionSettings(options)
    }

    /// What the log's files say, without a daemon; they are closed again.
    func logReport() throws -> LogReport {
        let log = try openLog(.existing)
        defer { try? log.close() }
        return LogReport(log, compaction)
    }

    /// Compacts the log on the files, as fast as it goes.
    func compactAtRest(_ relation: String?, isDryRun: Bool) throws -> CompactionOutcome {
        let log = try openLog(.existing)
        defer { try? log.close() }
        var settings = compaction
        settings.options.bytesPerSecond = configuration.compaction.bytesPerSecond
        if !isDryRun { try noteCursors(log) }
        return try CompactionJob(log: log, settings: settings, relation: relation, isDryRun: isDryRun).perform()
    }

    /// Lets the log know how far the stores are, durably. A store that was never made reads nothing.
    private func noteCursors(_ log: EventLog) throws {
        var cursors: [LogCursor] = []
        for store in configuration.stores {
            guard case .sqlite(let path) = store.target, FileManager.default.fileExists(atPath: path) else { continue }
            let opened = try SQLiteStore(path: path)
            try opened.sync()
            let held = try opened.progress().filter { $0.logID == log.id.description }
            guard let least = held.map(\.offset).min() else { continue }
            let offset = min(max(least, .zero), log.frontier.nextOffset)
            cursors.append(LogCursor(name: "store \(store.name)", offset: offset, movedAt: compaction.now()))
        }
        try log.noteCursors(cursors)
    }
}
