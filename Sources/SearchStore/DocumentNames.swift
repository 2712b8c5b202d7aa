import Relational
import ViewStores

/// The names of a view's documents: its keys' texts, as `KeyWriter` writes them without the view's name.
///
/// A name is never empty: an empty text is `%E`, a view without key columns has `row`. A `%` at the beginning of a text that has no
/// escapes otherwise is `%25`.
struct DocumentNames: ~Copyable {
    private var keys: KeyWriter
    private var text = ByteSlab()
    private let isSingle: Bool
    private let hasColumns: Bool

    init(_ view: ViewTable) {
        keys = KeyWriter(view, start: "")
        let key = view.key ?? []
        hasColumns = !key.isEmpty
        isSingle = key.count == 1 && view.columns[key[0]].isNotNull
    }

    mutating func append(_ row: RowView, to slab: inout ByteSlab) {
        guard hasColumns else { return slab.append(text: "row") }
        text.removeAll()
        keys.append(row, to: &text)
        // A colon stands before the first column.
        let name = UnsafeRawBufferPointer(rebasing: text.bytes.dropFirst())
        if name.isEmpty { return slab.append(text: "%E") }
        if isSingle, name.first == UInt8(ascii: "%") {
            slab.append(text: "%25")
            slab.append(UnsafeRawBufferPointer(rebasing: name.dropFirst()))
        } else {
            slab.append(name)
        }
    }
}
