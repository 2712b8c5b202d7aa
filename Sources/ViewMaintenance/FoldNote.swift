import Foundation
import Relational
import ViewStores

/// What a checkpoint says of the fold beside the circuit's state: JSON.
struct FoldNote: Codable {
    static let name = "fold"

    /// What is known of one view.
    struct View: Codable {
        var rowCount: Int64
        /// The end of the last epoch that changed its rows.
        var changedThrough: Int64
        /// Of its definition.
        var version: String
        /// Whether the checkpoint has the rows kept of it, which its store does not have; nil for no.
        var keepsRows: Bool?
        /// Where its rows stopped; nil while it follows.
        var stopped: Place?
    }

    /// A place in the log, and what was committed up to it.
    struct Place: Codable {
        private var offset: Int64
        private var timeline: UInt32
        private var lsn: UInt64
        private var commitTime: Int64
        /// The offset at which it stopped, behind the rows' place.
        private(set) var failedAt: Int64?

        init(_ stop: FoldedView.Stop) {
            let rows = stop.frontier
            (offset, timeline) = (rows.offset.rawValue, rows.position.timeline)
            (lsn, commitTime) = (rows.position.lsn.rawValue, rows.commitTime)
            failedAt = stop.failure.offset
        }

        var frontier: Frontier {
            let position = SourcePosition(timeline: timeline, lsn: LSN(lsn))
            return Frontier(offset: Offset(offset), position: position, commitTime: commitTime)
        }
    }

    /// By name.
    var views: [String: View] = [:]
    /// The newest schema read of each relation.
    private var schemas: [UInt32: UInt32]

    init(schemaIDs: [RelationID: SchemaID]) {
        schemas = Dictionary(schemaIDs.map { ($0.key.rawValue, $0.value.rawValue) }) { first, _ in first }
    }

    /// Nil when there is none, or it is not one.
    init?(_ bytes: [UInt8]?) {
        guard let bytes, let note = try? JSONDecoder().decode(FoldNote.self, from: Data(bytes)) else { return nil }
        self = note
    }

    var bytes: [UInt8] { (try? JSONEncoder().encode(self)).map(Array.init) ?? [] }

    /// What is known of a view: by its definition, which two views may have exchanged since, or else by its name.
    func known(of view: FoldedView) -> View? {
        let named = views[view.name]
        if named?.version == view.table.version { return named }
        return views.values.first { $0.version == view.table.version } ?? named
    }

    var schemaIDs: [RelationID: SchemaID] {
        Dictionary(schemas.map { (RelationID($0.key), SchemaID($0.value)) }) { first, _ in first }
    }
}
