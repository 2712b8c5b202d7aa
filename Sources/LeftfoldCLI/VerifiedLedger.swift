import Foundation
import Logging
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
            try write(entries)
        }
    }

    /// The rows of these views are others by now.
    func forget(_ views: [String]) throws {
        try turn.withLock { _ in
            let entries = read()
            let left = entries.filter { !views.contains($0.key) }
            if left.count < entries.count { try write(left) }
        }
    }

    /// Forgets what a fold replaces; what cannot be written costs nothing but a warning.
    func follow(_ board: StatusBoard, _ logger: Logger) {
        board.whenReplaced { views in
            do {
                try self.forget(views)
            } catch {
                logger.warning("what comparisons found could not be written down: \(error)")
            }
        }
    }

    private func write(_ entries: [String: ViewVerification]) throws {
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(entries).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
