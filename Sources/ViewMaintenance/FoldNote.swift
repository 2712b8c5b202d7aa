import Foundation
import Relational

/// What a checkpoint says of the fold beside the circuit's state: JSON.
struct FoldNote: Codable {
    static let name = "fold"

    /// What is known of one view.
    struct View: Codable {
        var rowCount: Int64
        /// The end of the last epoch that changed its rows.
        var changedThrough: Int64
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

    var schemaIDs: [RelationID: SchemaID] {
        Dictionary(schemas.map { (RelationID($0.key), SchemaID($0.value)) }) { first, _ in first }
    }
}
