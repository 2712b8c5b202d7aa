import Foundation
import Synchronization
import ViewMaintenance

/// What comparisons with the source found last, by view: `data/state/verified.json`, written by the daemon. Safe from any thread.
final class VerifiedLedger: Sendable {
    private let path: String
    private let turn = Mutex(())

    init(_ configuration: Configuration) {
        path = configuration.stateDirectory + "/verified.json"
    }

    /// Empty when nothing was verified or the file cannot be read.
    func read() -> [String: ViewVerification] {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return [:] }
        return (try? JSONDecoder().decode([String: ViewVerification].self, from: data)) ?? [:]
    }

    func record(_ verification: ViewVerification) throws {
        try turn.withLock { _ in
            var entries = read()
            entries[verification.view] = verification
            let folder = (path as NSString).deletingLastPathComponent
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(entries).write(to: URL(fileURLWithPath: path), options: .atomic)
        }
    }
}
