import SearchStore
import TestSupport
import ViewStores

/// A double of a server, with one store in it. No word is looked up here: a double cuts none.
final class DoublePlace: SearchPlace {
    let server: SearchDouble
    /// Small requests, so that an epoch has several; no pauses.
    var options = SearchStore.Options(pauses: [.zero, .zero], requestByteCount: 1 << 16)

    init(_ server: SearchDouble) { self.server = server }

    convenience init() throws { self.init(try SearchDouble()) }

    var probes: [SearchProbe] { [] }

    func open() throws -> any ViewStore { try store() }

    func store() throws -> SearchStore { try SearchStore(url: server.url, prefix: "shop", options: options) }

    func copy() throws -> (any StorePlace)? { DoublePlace(try server.copy()) }

    func find(_ word: String, in view: ViewTable, through store: any ViewStore) throws -> [[String?]] { [] }

    func checkEngine(_ view: ViewTable, through store: any ViewStore) throws {}
}
