import Relational
import ViewStores

/// What a store knows of itself: one document, changed by comparing and setting its sequence number.
///
///     {"format":"1","token":3,"log":"6f1c…","sequence":812,"generation":7,"stamp":"…","loose":[],
///      "views":{"product_search":{"offset":42,"timeline":1,"lsn":"0/16B3748","token":3,"log":"6f1c…","version":"9a0e…",
///                                 "layout":"[\"id\"] [[\"id\",…]]","index":"shop-product_search-7"}}}
struct SearchState: Codable, Equatable {
    /// What is written by this version.
    static let format = "1"

    struct Entry: Codable, Equatable {
        var offset: Int64
        var timeline: UInt32
        var lsn: String
        var token: Int64
        var log: String
        var version: String
        /// Key and columns.
        var layout: String
        /// Where its rows are.
        var index: String
        /// The offset of an epoch that is being written, or was in part; nil when the rows are those of `offset`.
        var writing: Int64?

        init(_ progress: StoreProgress, layout: String, index: String) {
            offset = 0
            timeline = 0
            lsn = ""
            token = 0
            log = ""
            version = ""
            self.layout = layout
            self.index = index
            move(to: progress)
        }

        mutating func move(to progress: StoreProgress) {
            offset = progress.offset.rawValue
            timeline = progress.position.timeline
            lsn = progress.position.lsn.description
            token = progress.fencingToken
            log = progress.logID
            version = progress.version
            writing = nil
        }

        mutating func forgetOffset() {
            offset = StoreProgress.unknownOffset.rawValue
            timeline = SourcePosition.none.timeline
            lsn = SourcePosition.none.lsn.description
            writing = nil
        }

        /// With `unknownOffset` while an epoch is written in part.
        func progress(of view: String) -> StoreProgress {
            var entry = self
            if writing != nil { entry.forgetOffset() }
            return StoreProgress(
                logID: log,
                view: view,
                version: version,
                offset: Offset(entry.offset),
                position: SourcePosition(timeline: entry.timeline, lsn: LSN(parsing: entry.lsn) ?? LSN(0)),
                fencingToken: token
            )
        }
    }

    var format = Self.format
    var token: Int64 = 0
    var log = ""
    /// The version of the documents that were written last; each transaction with rows has a greater one.
    var sequence: Int64 = 1
    /// The number of the last generation.
    var generation: Int64 = 0
    /// Tells this document from every other of the same content.
    var stamp = ""
    /// Indexes of Leftfold's that no view has: unfinished generations and replaced ones.
    var loose: [String] = []
    var views: [String: Entry] = [:]

    /// Whether its numbers can grow: what somebody else has written must not end the process.
    var hasRoom: Bool { [token, sequence, generation].allSatisfy { (0..<Int64.max / 2).contains($0) } }

    static func layout(of view: ViewTable) -> String { "\(view.keyDescription) \(view.columnsDescription)" }
}
