import Relational
import ViewStores

/// Turns a view's deltas into lines for the bulk API.
final class RowWriter {
    /// What a server takes as a document's name.
    static let nameByteCountMax = 512

    enum Action {
        case index, create, delete

        var text: StaticString {
            switch self {
            case .index: "{\"index\":{\"_index\":"
            case .create: "{\"create\":{\"_index\":"
            case .delete: "{\"delete\":{\"_index\":"
            }
        }
    }

    let view: ViewTable
    private var order = DeltaOrder()
    private let shape: DeltaOrder.Shape
    private var names: DocumentNames
    private var documents: DocumentEncoder
    private var name = ByteSlab()
    private let notNull: [Int]

    init(_ view: ViewTable) {
        self.view = view
        shape = DeltaOrder.Shape(view)
        names = DocumentNames(view)
        documents = DocumentEncoder(view, .line)
        notNull = view.columns.indices.filter { view.columns[$0].isNotNull }
    }

    /// Appends a delta; `version` nil makes new documents alone.
    ///
    /// - Throws: `inconsistent` for several rows of one key, `unsupported` for a key that is too long.
    func append(_ delta: borrowing ZSet, to bulk: BulkBody, index: String, version: Int64?) throws(StoreError) {
        try order.fill(delta, of: view, shape)
        defer { order.shrink() }
        var position = 0
        while position < order.count {
            var end = position + 1
            while end < order.count, order.hasEqualKeys(position, end) { end += 1 }
            try appendChange(delta, position..<end, bulk, index, version)
            position = end
        }
    }

    private func appendChange(
        _ delta: borrowing ZSet,
        _ range: Range<Int>,
        _ bulk: BulkBody,
        _ index: String,
        _ version: Int64?
    ) throws(StoreError) {
        var old = -1
        var new = -1
        for place in range {
            let row = order[place].row
            let weight = delta.weight(at: row)
            if weight == -1, old < 0, new < 0 {
                old = row
            } else if weight == 1, new < 0 {
                new = row
                try view.checkValues(delta.row(at: row), in: notNull)
            } else {
                throw .inconsistent(view.name, "several rows have one key")
            }
        }
        name.removeAll()
        names.append(delta.row(at: new >= 0 ? new : old), to: &name)
        guard name.count <= Self.nameByteCountMax else {
            throw StoreError(
                .unsupported,
                "view \"\(view.name)\": a key has \(name.count) bytes, and a document's name has room for 512",
                detail: "key \(String(decoding: name.bytes.prefix(100), as: UTF8.self))…",
                hint: "choose a shorter key, or give the view another store"
            )
        }
        let action: Action = new < 0 ? .delete : version == nil ? .create : .index
        bulk.begin(action, index: IndexNames.rows(index), name: name.bytes, version: version)
        if new >= 0 {
            documents.append(delta.row(at: new), to: &bulk.slab)
            bulk.slab.append(byte: UInt8(ascii: "\n"))
        }
        bulk.end()
    }
}
