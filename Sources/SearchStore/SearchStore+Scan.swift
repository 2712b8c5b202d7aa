import Foundation
public import Relational
public import ViewStores

extension SearchStore {
    /// Documents of one answer.
    private static let pageCount = 1000
    private static let attempts = 100

    /// Reads the rows of one moment, in no order, by a scroll over the view's index.
    ///
    /// - Throws: `inconsistent` for a document that is no row of the view, or another key's; `unavailable` when no moment without a
    ///   commit was found; `unsupported` inside a transaction that changes the view.
    public func scan(_ view: ViewTable, _ body: (borrowing ZSet) throws -> Void) throws {
        guard transaction?.applied[view.name] == nil, transaction?.published.contains(view.name) != true else {
            throw StoreError(.unsupported, "view \"\(view.name)\" is read in a transaction that changes it")
        }
        for _ in 0..<Self.attempts {
            let before = try readableEntry(of: view)
            if before.writing != nil {
                Thread.sleep(forTimeInterval: 0.05)
                continue
            }
            guard let first = try openScroll(before.index) else { continue }
            let reader = DocumentReader(view)
            guard try readableEntry(of: view) == before else {
                try? close(reader.scroll(first.body))
                continue
            }
            return try read(reader, first.body, body)
        }
        throw StoreError(
            .unavailable,
            "view \"\(view.name)\" has no moment without a commit",
            detail: "its last epoch is being written, or was written in part",
            hint: "leftfold run finishes it"
        )
    }

    /// The view's entry, which must be of the same columns and key.
    private func readableEntry(of view: ViewTable) throws(StoreError) -> SearchState.Entry {
        guard let entry = try read()?.state.views[view.name] else {
            throw .noView(view.name, in: location)
        }
        guard entry.layout == SearchState.layout(of: view) else {
            throw .inconsistent(view.name, "the store holds it with other columns or another key")
        }
        return entry
    }

    /// Makes all rows visible and starts to read; nil when the index is gone.
    private func openScroll(_ index: String) throws(StoreError) -> HTTPClient.Answer? {
        let refreshed = try answer("rows were made visible", "POST", "/\(index)/_refresh")
        if refreshed.status == 404 { return nil }
        let question = Data("{\"size\":\(Self.pageCount),\"sort\":[\"_doc\"]}".utf8)
        let first = try answer("rows were read", "POST", "/\(index)/_search?scroll=5m", question)
        if first.status == 404 { return nil }
        guard first.status == 200 else { throw refusal(first, "rows were read") }
        return first
    }

    private func read(_ reader: DocumentReader, _ first: Data, _ body: (borrowing ZSet) throws -> Void) throws {
        var page = first
        var scroll: String?
        defer { if let scroll { try? close(scroll) } }
        while true {
            scroll = try reader.scroll(page)
            var rows = ZSet()
            guard try reader.append(page, to: &rows) > 0 else { return }
            try body(rows)
            let question = try? JSONEncoder().encode(["scroll": "5m", "scroll_id": scroll])
            let next = try answer("rows were read", "POST", "/_search/scroll", question)
            guard next.status == 200 else {
                throw StoreError(
                    .unavailable,
                    "the rows of view \"\(reader.view.name)\" were replaced while they were read",
                    detail: reason(next),
                    hint: "try again: leftfold verify \(reader.view.name)"
                )
            }
            page = next.body
        }
    }

    private func close(_ scroll: String) throws(StoreError) {
        let body = try? JSONEncoder().encode(["scroll_id": scroll])
        _ = try answer("a scroll was closed", "DELETE", "/_search/scroll", body)
    }
}
