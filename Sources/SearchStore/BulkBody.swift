import Foundation
import Relational
import ViewStores

/// One request for the bulk API.
struct BulkRequest {
    var body: Data
    /// Where each item ends.
    var ends: [Int]

    /// A request of some items of this one, in their order.
    func items(_ places: some Sequence<Int>) -> BulkRequest {
        var part = BulkRequest(body: Data(), ends: [])
        for place in places {
            part.body.append(body[(place > 0 ? ends[place - 1] : 0)..<ends[place]])
            part.ends.append(part.body.count)
        }
        return part
    }
}

/// Requests for the bulk API, each of a bounded size.
final class BulkBody {
    var slab = ByteSlab()
    private(set) var requests: [BulkRequest] = []
    private var ends: [Int] = []
    private let limit: Int

    /// `limit` are the bytes after which a request ends.
    init(limit: Int) { self.limit = limit }

    /// Writes the line of an action; its document, if any, and `end` follow.
    func begin(
        _ action: RowWriter.Action,
        index: String,
        name: UnsafeRawBufferPointer,
        version: Int64?
    ) {
        slab.append(text: action.text)
        Array(index.utf8).withUnsafeBytes { JSONText.append(string: $0, to: &slab) }
        slab.append(text: ",\"_id\":")
        JSONText.append(string: name, to: &slab)
        if let version {
            slab.append(text: ",\"version_type\":\"external_gte\",\"version\":")
            slab.append(decimal: version)
        }
        slab.append(text: "}}\n")
    }

    func end() {
        ends.append(slab.count)
        if slab.count >= limit { close() }
    }

    /// All requests, the last one too.
    func finish() -> [BulkRequest] {
        if slab.count > 0 { close() }
        return requests
    }

    private func close() {
        requests.append(BulkRequest(body: Data(slab.bytes), ends: ends))
        slab.removeAll()
        ends.removeAll()
    }
}
