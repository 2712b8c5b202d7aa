import Relational
public import ViewStores

/// A place of a store that keeps search views.
public protocol SearchPlace: StorePlace {
    /// Words, each with what it must be found in.
    var probes: [SearchProbe] { get }

    /// The indexed texts of the rows that one word finds, in any order; inside a transaction with its changes.
    func find(_ word: String, in view: ViewTable, through store: any ViewStore) throws -> [[String?]]

    /// The engine's own check of the index.
    func checkEngine(_ view: ViewTable, through store: any ViewStore) throws
}

/// A word, and which of the sample texts have it: an oracle that knows nothing of how an engine cuts words.
public struct SearchProbe: Sendable {
    public let word: String
    let isIn: @Sendable (String) -> Bool

    /// Says of a text whether the word must find it.
    public init(_ word: String, isIn: @escaping @Sendable (String) -> Bool) {
        self.word = word
        self.isIn = isIn
    }

    /// Words of the sample values that every engine cuts alike.
    public static let plain = [
        SearchProbe("nan") { $0 == "NaN" }, SearchProbe("null") { $0 == "NULL" },
        SearchProbe("a") { ["a", "A", "a "].contains($0) }, SearchProbe("quoted") { $0.contains("quoted") },
        SearchProbe("break") { $0.hasSuffix("break") }, SearchProbe("Füße") { $0 == "Füße" },
        SearchProbe("snow") { $0.contains("snow") }, SearchProbe("late") { $0 == "late" },
        SearchProbe("absent") { _ in false },
    ]
}

/// A place where every view that can be one is a search view. Whoever reads all rows of one has its index proven as well.
struct SearchedPlace: StorePlace {
    let inner: any SearchPlace

    func open() throws -> any ViewStore { SearchedStore(try inner.open(), inner) }

    func copy() throws -> (any StorePlace)? {
        guard let copy = try inner.copy() else { return nil }
        guard let copy = copy as? any SearchPlace else { throw ConformanceFailure("a copy must be searched as well") }
        return SearchedPlace(inner: copy)
    }
}

/// A store that takes tables for search views, and compares their index with their rows in every scan.
private final class SearchedStore: ViewStore {
    private let inner: any ViewStore
    private let place: any SearchPlace

    init(_ inner: any ViewStore, _ place: any SearchPlace) {
        self.inner = inner
        self.place = place
    }

    private func searched(_ view: ViewTable) -> ViewTable {
        guard view.key != nil, view.columns.contains(where: \.type.isText) else { return view }
        var view = view
        view.kind = .search
        if view.name == SampleViews.integerKey.name { view.options["columns"] = "t 10" }
        if view.name == SampleViews.nullableKey.name { view.options = ["columns": "\"B\" 0.5", "language": "english"] }
        return view
    }

    func claim(logID: String, foreign rows: ForeignRows) throws(StoreError) -> Int64 {
        try inner.claim(logID: logID, foreign: rows)
    }

    func progress() throws(StoreError) -> [StoreProgress] { try inner.progress() }

    func begin() throws(StoreError) { try inner.begin() }

    func apply(_ delta: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        try inner.apply(delta, to: searched(view))
    }

    func commit(_ progress: [StoreProgress]) throws(StoreError) { try inner.commit(progress) }

    func noteProgress(_ progress: [StoreProgress]) throws(StoreError) { try inner.noteProgress(progress) }

    func rollback() { inner.rollback() }

    func beginGeneration(of view: ViewTable) throws(StoreError) { try inner.beginGeneration(of: searched(view)) }

    func append(_ rows: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        try inner.append(rows, to: searched(view))
    }

    func publish(_ view: ViewTable) throws(StoreError) { try inner.publish(searched(view)) }

    func resetProgress(of name: String) throws(StoreError) { try inner.resetProgress(of: name) }

    func drop(view name: String) throws(StoreError) { try inner.drop(view: name) }

    var exchangesViews: Bool { inner.exchangesViews }

    func exchange(_ view: ViewTable, with other: ViewTable) throws(StoreError) {
        try inner.exchange(searched(view), with: searched(other))
    }

    func sync() throws(StoreError) { try inner.sync() }

    func scan(_ view: ViewTable, _ body: (borrowing ZSet) throws -> Void) throws {
        let view = searched(view)
        let columns = try view.searchColumns().map(\.column)
        var texts: [[String?]] = []
        try inner.scan(view) { rows in
            for index in 0..<rows.count {
                let row = rows.row(at: index)
                texts.append(columns.map { row.isNull($0) ? nil : String(decoding: row.bytes($0), as: UTF8.self) })
            }
            try body(rows)
        }
        if view.kind == .search { try prove(view, texts) }
    }

    private func prove(_ view: ViewTable, _ texts: [[String?]]) throws {
        try place.checkEngine(view, through: inner)
        if let fault = try inner.indexFault(of: view) { throw ConformanceFailure("view \"\(view.name)\": \(fault)") }
        for probe in place.probes {
            let wanted = texts.filter { $0.contains { $0.map(probe.isIn) ?? false } }
            let found = try place.find(probe.word, in: view, through: inner)
            // Swift takes "é" and "e" with an accent for equal; the bytes tell them apart.
            guard Self.sorted(found) == Self.sorted(wanted) else {
                throw ConformanceFailure(
                    "view \"\(view.name)\": \"\(probe.word)\" finds \(found.count) rows, and \(wanted.count) have it"
                )
            }
        }
    }

    private static func sorted(_ rows: [[String?]]) -> [[[UInt8]?]] {
        func bytes(_ row: [[UInt8]?]) -> [UInt8] { row.flatMap { [$0 == nil ? 0 : 1] + ($0 ?? []) + [0] } }
        return rows.map { $0.map { $0.map { Array($0.utf8) } } }.sorted {
            bytes($0).lexicographicallyPrecedes(bytes($1))
        }
    }
}

extension StoreConformance {
    /// The same checks with search views wherever a view has a key and a text; the index is compared with the rows at every step.
    public init(searching place: any SearchPlace, promises: StorePromises = StorePromises()) {
        self.init(SearchedPlace(inner: place), promises: promises)
    }
}
