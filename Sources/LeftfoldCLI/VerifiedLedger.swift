import Foundation
import ViewMaintenance

/// Which LSN each view was last proven at: `data/state/verified.json`, written by `verify`, shown by `status`.
struct VerifiedLedger {
    private let path: String

    init(_ configuration: Configuration) {
        path = configuration.stateDirectory + "/verified.json"
    }

    /// LSN by view name; empty when nothing was verified or the file cannot be read.
    func read() -> [String: String] {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return [:] }
        return (try? JSONDecoder().decode([String: String].self, from: data)) ?? [:]
    }

    /// Takes note of what was proven, and forgets what was found wrong.
    func record(_ reports: [Verification.Report]) throws {
        var entries = read()
        for report in reports { entries[report.view] = report.differenceCount == 0 ? report.lsn : nil }
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(entries).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// Fills in the proof of each view.
    func complete(_ status: inout Status) {
        let entries = read()
        for index in status.views.indices { status.views[index].verifiedThrough = entries[status.views[index].name] }
    }
}
