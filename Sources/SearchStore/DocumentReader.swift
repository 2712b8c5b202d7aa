import Foundation
import Relational
import ViewStores

/// The hits of an answer as packed rows, read from the very bytes of `_source`.
final class DocumentReader {
    let view: ViewTable
    private var documents: DocumentDecoder
    private var names: DocumentNames
    private var name = ByteSlab()
    private var held = ByteSlab()

    init(_ view: ViewTable) {
        self.view = view
        documents = DocumentDecoder(view, .line)
        names = DocumentNames(view)
    }

    /// The scroll of an answer.
    func scroll(_ page: Data) throws(StoreError) -> String {
        struct Page: Decodable {
            struct Shards: Decodable { var failed: Int }
            var _scroll_id: String
            var _shards: Shards?
        }
        guard let page = try? JSONDecoder().decode(Page.self, from: page) else { throw unreadable() }
        if let failed = page._shards?.failed, failed > 0 {
            throw StoreError(.unavailable, "\(failed) shards of view \"\(view.name)\" cannot be read")
        }
        return page._scroll_id
    }

    /// Appends the rows of an answer; returns how many there are.
    func append(_ page: Data, to rows: inout ZSet) throws(StoreError) -> Int {
        let before = rows.count
        var problem: StoreError?
        page.withUnsafeBytes { bytes in
            do throws(StoreError) {
                try Self.forEachHit(bytes) { (id, source) throws(StoreError) in try append(id, source, &rows) }
            } catch {
                problem = error
            }
        }
        if let problem { throw problem }
        return rows.count - before
    }

    private func append(
        _ id: UnsafeRawBufferPointer,
        _ source: UnsafeRawBufferPointer,
        _ rows: inout ZSet
    ) throws(StoreError) {
        held.removeAll()
        guard JSONCursor.unescape(id, into: &held) else { throw unreadable() }
        guard documents.append(source, to: &rows) == 1 else { throw foreign("it is no row of it") }
        name.removeAll()
        names.append(rows.row(at: rows.count - 1), to: &name)
        guard name.bytes.elementsEqual(held.bytes) else { throw foreign("it holds the row of another key") }
    }

    private func foreign(_ problem: String) -> StoreError {
        let id = String(decoding: held.bytes, as: UTF8.self)
        return .inconsistent(view.name, "document \"\(id)\" was not written by Leftfold", detail: problem)
    }

    private func unreadable() -> StoreError {
        StoreError(.engine, "the rows of view \"\(view.name)\" cannot be read: the answer is no search's")
    }

    // MARK: The answer

    /// Walks `{…"hits":{…"hits":[{…"_id":"…"…"_source":{…}}]}}`.
    private static func forEachHit(
        _ page: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard let outer = field("hits", of: page), let list = field("hits", of: outer) else { return }
        var cursor = JSONCursor(list)
        guard cursor.take(UInt8(ascii: "[")) else { return }
        repeat {
            cursor.skipSpace()
            guard let hit = cursor.takeValue() else { return }
            if let id = field("_id", of: hit), let source = field("_source", of: hit) {
                try body(UnsafeRawBufferPointer(rebasing: id.dropFirst().dropLast()), source)
            }
            cursor.skipSpace()
        } while cursor.take(UInt8(ascii: ","))
    }

    /// The text of an object's field.
    private static func field(_ name: StaticString, of object: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let wanted = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        var cursor = JSONCursor(object)
        cursor.skipSpace()
        guard cursor.take(UInt8(ascii: "{")) else { return nil }
        repeat {
            cursor.skipSpace()
            guard let key = cursor.takeString() else { return nil }
            cursor.skipSpace()
            guard cursor.take(UInt8(ascii: ":")) else { return nil }
            cursor.skipSpace()
            guard let value = cursor.takeValue() else { return nil }
            if key.elementsEqual(wanted) { return value }
            cursor.skipSpace()
        } while cursor.take(UInt8(ascii: ","))
        return nil
    }
}
