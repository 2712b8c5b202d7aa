import BareStores
import Relational
import ViewStores

/// Texts that stay where they are, for rows that C reads: one block of bytes, given out in pieces.
struct TextBlock: ~Copyable {
    private let base: UnsafeMutablePointer<CChar>
    private let byteCapacity: Int
    private var byteCount = 0

    /// Room for all texts; nothing moves later.
    init(byteCapacity: Int) {
        base = .allocate(capacity: byteCapacity)
        self.byteCapacity = byteCapacity
    }

    deinit { base.deallocate() }

    mutating func add(_ text: String) -> bare_text {
        var text = text
        return text.withUTF8 { bytes in
            precondition(byteCount + bytes.count <= byteCapacity, "the block was made too small")
            let place = base + byteCount
            // The block outlives every row, and UInt8 and CChar are one byte each.
            place.withMemoryRebound(to: UInt8.self, capacity: bytes.count) {
                $0.update(from: bytes.baseAddress!, count: bytes.count)
            }
            byteCount += bytes.count
            return bare_text(bytes: UnsafePointer(place), length: Int32(bytes.count))
        }
    }
}

extension bare_text {
    var utf8: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: Int(length)) }
}

/// The rows that every store gets: a million customers' totals, say.
enum SampleRows {
    static let view = ViewTable(
        name: "bench",
        columns: [
            StoreColumn(name: "id", type: .int8, isNotNull: true),
            StoreColumn(name: "name", type: .text, isNotNull: true),
            StoreColumn(name: "city", type: .text, isNotNull: true),
            StoreColumn(name: "total", type: .numeric, isNotNull: true),
            StoreColumn(name: "n", type: .int8, isNotNull: true),
        ],
        key: [0],
        version: "1"
    )

    static let textByteCount = 64

    /// The row of `id` as it is after `round` updates.
    static func row(_ id: Int, round: Int, _ texts: inout TextBlock) -> bare_row {
        let mixed = UInt64(id &* 8 &+ round) &* 0x9E37_79B9_7F4A_7C15
        return bare_row(
            id: Int64(id),
            name: texts.add("customer \(id) \(mixed % 1_000_000)"),
            city: texts.add("city \(id % 97)"),
            total: texts.add("\(mixed >> 44).\(10 + mixed % 90)"),
            n: Int64(mixed >> 50)
        )
    }
}

/// Articles for a search view.
enum SampleArticles {
    static let view = ViewTable(
        name: "bench",
        columns: [
            StoreColumn(name: "id", type: .int8, isNotNull: true),
            StoreColumn(name: "title", type: .text, isNotNull: true),
            StoreColumn(name: "body", type: .text, isNotNull: true),
        ],
        key: [0],
        version: "1",
        kind: .search
    )

    static let textByteCount = 256

    /// An article of 4 + 20 words out of 30 000, some much oftener than others.
    static func row(_ id: Int, round: Int, _ texts: inout TextBlock) -> bare_article {
        let words = (0..<24).map { index in
            let mixed = (UInt64(id) &* 64 &+ UInt64(index) &+ UInt64(round) << 40) &* 0x9E37_79B9_7F4A_7C15
            let part = Double(mixed >> 40) / Double(1 << 24)
            return "word\(Int(30_000 * part * part * part))"
        }
        return bare_article(
            id: Int64(id),
            title: texts.add(words[..<4].joined(separator: " ")),
            body: texts.add(words[4...].joined(separator: " "))
        )
    }
}

extension ZSet {
    mutating func append(_ row: bare_row, weight: Int64) throws {
        let position = beginRow(columnCount: 5)
        slab.set(0, int: row.id, in: position)
        slab.set(1, bytes: row.name.utf8, in: position)
        slab.set(2, bytes: row.city.utf8, in: position)
        try TextCodec.decode(row.total.utf8, as: .numeric, column: 3, row: position, into: &slab)
        slab.set(4, int: row.n, in: position)
        endRow(position, weight: weight)
    }

    mutating func append(_ article: bare_article, weight: Int64) throws {
        let position = beginRow(columnCount: 3)
        slab.set(0, int: article.id, in: position)
        slab.set(1, bytes: article.title.utf8, in: position)
        slab.set(2, bytes: article.body.utf8, in: position)
        endRow(position, weight: weight)
    }
}
