import Relational
import ViewStores

/// What a view ought to hold: rows as the texts of their columns, with their multiplicity.
struct StoreModel {
    /// One row, as Postgres prints its columns.
    typealias Row = [PostgresText?]

    let view: ViewTable
    private(set) var rows: [Row: Int] = [:]
    /// For a view with a key: the row of each key, in the form that makes equal keys equal.
    private var rowsByKey: [Row: Row] = [:]

    init(_ view: ViewTable) { self.view = view }

    /// The row that is equal to `row` in the key's columns.
    func row(withKeyOf row: Row) -> Row? { keyForm(of: row).flatMap { rowsByKey[$0] } }

    /// Adds to the multiplicity of a row. A row's old and new image may come in any order.
    mutating func add(_ row: Row, _ weight: Int) {
        let sum = rows[row, default: 0] + weight
        rows[row] = sum == 0 ? nil : sum
        guard let key = keyForm(of: row) else { return }
        if sum > 0 {
            rowsByKey[key] = row
        } else if rowsByKey[key] == row {
            rowsByKey[key] = nil
        }
    }

    /// The same rows under another definition.
    func changed(_ change: (inout ViewTable) -> Void) -> StoreModel {
        var view = view
        change(&view)
        var copy = StoreModel(view)
        for (row, count) in rows { copy.add(row, count) }
        return copy
    }

    private func keyForm(of row: Row) -> Row? {
        view.key.map { $0.map { SampleValues.equalityForm(row[$0], view.columns[$0].type.encoding) } }
    }

    /// Which of so many parts of a delta a row is in: that of its key, or of its image where there is no key.
    func part(of row: Row, _ count: Int) -> Int {
        var hash = 0
        for text in keyForm(of: row) ?? row {
            hash = (hash &* 31 &+ 7) & 0xFFFF_FFFF
            for byte in text?.utf8 ?? PostgresText("null").utf8 { hash = (hash &* 31 &+ Int(byte)) & 0xFFFF_FFFF }
        }
        return hash % count
    }

    /// The packed images with their multiplicities.
    func images() throws -> [[UInt8]: Int] {
        var images: [[UInt8]: Int] = [:]
        for (row, count) in rows {
            var packed = ZSet()
            try packed.append(texts: row, of: view, weight: 1)
            images[Array(packed.slab.bytes), default: 0] += count
        }
        return images
    }

    private static func precedes(_ left: Row, _ right: Row) -> Bool {
        func bytes(_ row: Row) -> some Sequence<UInt8> { row.flatMap { [$0 == nil ? 0 : 1] + ($0?.utf8 ?? []) + [0] } }
        return bytes(left).lexicographicallyPrecedes(bytes(right))
    }

    /// A change that this state allows: a new row, a new row for an old key, or the end of a row.
    mutating func randomChange(using generator: inout SeededGenerator) -> [(Row, Int)] {
        let row = view.columns.map { SampleValues.random($0, using: &generator) }
        let chance = Int.random(in: 0..<3, using: &generator)
        var change: [(Row, Int)] = []
        if view.key == nil {
            // The order of a dictionary differs from run to run; the seed must decide.
            let held = rows.keys.sorted(by: Self.precedes).randomElement(using: &generator)
            if chance == 0, let held {
                change = [(held, -Int.random(in: 1...(rows[held] ?? 1), using: &generator))]
            } else {
                change = [(row, Int.random(in: 1...3, using: &generator))]
            }
        } else if let old = self.row(withKeyOf: row) {
            change = chance == 0 ? [(old, -1)] : [(old, -1), (row, 1)]
        } else {
            change = [(row, 1)]
        }
        for (row, weight) in change { add(row, weight) }
        return change
    }
}

/// The changes of one epoch, by view, summed up so that no row stands twice in a delta.
struct Epoch {
    private(set) var changes: [String: (view: ViewTable, rows: [StoreModel.Row: Int])] = [:]

    mutating func add(_ view: ViewTable, _ row: StoreModel.Row, _ weight: Int) {
        var change = changes[view.name] ?? (view, [:])
        changes[view.name] = nil
        let sum = change.rows[row, default: 0] + weight
        change.rows[row] = sum == 0 ? nil : sum
        changes[view.name] = change
    }
}

extension ZSet {
    /// Packs a row from the texts of its columns.
    mutating func append(texts: [PostgresText?], of view: ViewTable, weight: Int) throws {
        let row = beginRow(columnCount: texts.count)
        for (column, text) in texts.enumerated() {
            guard let text else { continue }
            let encoding = view.columns[column].type.encoding
            try text.utf8.withUnsafeBytes { bytes throws in
                try TextCodec.decode(bytes, as: encoding, column: column, row: row, into: &slab)
            }
        }
        endRow(row, weight: Int64(weight))
    }
}
