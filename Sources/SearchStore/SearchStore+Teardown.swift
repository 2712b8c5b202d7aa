public import ViewStores

extension SearchStore {
    /// Removes every index that Leftfold made under the prefix; others stay.
    ///
    /// - Returns: the requests, as one would write them.
    public static func destroy(url: String, prefix: String) throws(StoreError) -> [String] {
        let store = try SearchStore(url: url, prefix: prefix)
        guard let held = try store.read() else { return [] }
        // Whoever still writes is fenced first; the claim removes what no view has.
        _ = try store.claim(logID: held.state.views.values.first?.log ?? "none", foreign: .adopt)
        let indexes = held.state.views.values.map(\.index).sorted() + [store.names.progress]
        for index in indexes { try store.delete(index) }
        return indexes.map { "DELETE /\($0)" }
    }
}
