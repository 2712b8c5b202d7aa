import TestSupport

/// Random transactions over a random schema.
struct RandomWorkload {
    let schema: RandomSchema

    /// One transaction's statements. One of them may fail: the transaction is rolled back then.
    func transaction(using generator: inout SeededGenerator) -> [String] {
        (0..<Int.random(in: 1...5, using: &generator)).map { _ in
            statement(schema.tables.randomElement(using: &generator)!, using: &generator)
        }
    }

    /// Rows to begin with.
    func load(using generator: inout SeededGenerator) -> [String] {
        schema.tables.flatMap { table in
            (0..<Int.random(in: 0...3, using: &generator)).map { _ in insert(table, using: &generator) }
        }
    }

    private func statement(_ table: RandomSchema.Table, using generator: inout SeededGenerator) -> String {
        let isMutable = table.identity != .insertOnly
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<8: return insert(table, using: &generator)
        case 8..<13 where isMutable: return update(table, using: &generator)
        case 13..<15 where isMutable && !table.key.isEmpty:
            return
                "UPDATE \(table.name) SET id = id + \(Int.random(in: 1...3, using: &generator)) WHERE id = \(id(&generator))"
        case 15..<19 where isMutable:
            return "DELETE FROM \(table.name) WHERE id % 3 = \(Int.random(in: 0..<3, using: &generator))"
        case 19 where Int.random(in: 0..<3, using: &generator) == 0: return "TRUNCATE \(table.name)"
        default: return insert(table, using: &generator)
        }
    }

    private func insert(_ table: RandomSchema.Table, using generator: inout SeededGenerator) -> String {
        let rows = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
            "(" + table.columns.map { value($0, using: &generator) }.joined(separator: ", ") + ")"
        }
        let conflict = table.key.isEmpty ? "" : " ON CONFLICT DO NOTHING"
        return "INSERT INTO \(table.name) VALUES \(rows.joined(separator: ", "))\(conflict)"
    }

    private func update(_ table: RandomSchema.Table, using generator: inout SeededGenerator) -> String {
        let settable = table.columns.filter { !["id", "part"].contains($0.name) }
        let changed = settable.filter { _ in Bool.random(using: &generator) }
        let columns = changed.isEmpty ? [settable[0]] : changed
        let sets = columns.map { "\($0.name) = \(value($0, using: &generator))" }
        return "UPDATE \(table.name) SET \(sets.joined(separator: ", ")) WHERE id <= \(id(&generator))"
    }

    private func value(_ column: RandomSchema.Column, using generator: inout SeededGenerator) -> String {
        switch column.name {
        case "id": "\(id(&generator))"
        case "part": ["'a'", "'b'", "'c'"].randomElement(using: &generator)!
        default: column.literal(using: &generator)
        }
    }

    private func id(_ generator: inout SeededGenerator) -> Int { Int.random(in: 0..<12, using: &generator) }
}
