import Relational
import ViewStores

/// What a store knows of one of its views, and its text in the hashes `progress` and `views`.
///
///     progress   offset timeline LSN token log version      42 1 0/16B3748 3 6f1c… 9a0e…
///     views      format ttl key columns                     json 0 ["id"] [["id","bigint",20,-1,true]]
struct ProgressEntry: Hashable {
    var progress: StoreProgress
    /// Form, key and columns.
    var layout: String

    static func layout(of view: ViewTable) throws(StoreError) -> String {
        "\(try CacheForm(view).description) \(view.keyDescription) \(view.columnsDescription)"
    }

    /// `progress` as text.
    var text: String {
        let position = progress.position
        return "\(progress.offset) \(position.timeline) \(position.lsn) \(progress.fencingToken) \(progress.logID) "
            + progress.version
    }

    /// Reads the texts of one view; nil for what Leftfold did not write.
    init?(view: String, text: String, layout: String) {
        let parts = text.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, let offset = Int64(parts[0]), let timeline = UInt32(parts[1]),
            let lsn = LSN(parsing: String(parts[2])), let token = Int64(parts[3])
        else { return nil }
        progress = StoreProgress(
            logID: String(parts[4]),
            view: view,
            version: String(parts[5]),
            offset: Offset(offset),
            position: SourcePosition(timeline: timeline, lsn: lsn),
            fencingToken: token
        )
        self.layout = layout
    }

    init(progress: StoreProgress, layout: String) {
        self.progress = progress
        self.layout = layout
    }
}
