import Foundation

/// The versions of the views that run, and the statement that each had before: `data/state/versions.json`.
///
/// Written when views are put in place, by the one process that holds the log.
struct AppliedVersions {
    /// One view.
    struct Entry: Codable {
        /// The fingerprint of the running definition.
        var version: String
        /// The statement of the version before; nil when there was none.
        var previous: String?
        /// Whether the version before is kept as a view.
        var isKept: Bool?
    }

    let path: String

    /// By view; empty when nothing was noted or the file cannot be read.
    func read() -> [String: Entry] {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return [:] }
        return (try? JSONDecoder().decode([String: Entry].self, from: data)) ?? [:]
    }

    func write(_ entries: [String: Entry]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(entries).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

extension AppliedVersions.Entry {
    /// The entry of a view that runs now; its text before counts when the version is another one as well.
    static func next(
        after entry: Self?,
        version: String,
        text: String,
        before: String?
    ) -> Self {
        guard let before, before != text, entry?.version != version else {
            return Self(version: version, previous: entry?.previous, isKept: entry?.isKept)
        }
        return Self(version: version, previous: before, isKept: entry?.isKept)
    }
}
