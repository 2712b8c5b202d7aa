import TestSupport

/// A small random schema: one to three tables over every typed encoding and some opaque types.
struct RandomSchema {
    /// One column: its type's SQL and how to draw values of it.
    struct Column {
        var name: String
        var type: ColumnKind
        var isNotNull: Bool
    }

    /// How a table's old rows are identified.
    enum Identity: CaseIterable {
        case integerKey
        case compositeKey
        case uniqueIndex
        case full
        case insertOnly
    }

    struct Table {
        var name: String
        var columns: [Column]
        var identity: Identity

        /// Names of the key's columns; empty without one.
        var key: [String] {
            switch identity {
            case .integerKey: ["id"]
            case .compositeKey, .uniqueIndex: ["id", "part"]
            case .full, .insertOnly: []
            }
        }

        var ddl: [String] {
            var lines = columns.map { "\($0.name) \($0.type.sql)\($0.isNotNull ? " NOT NULL" : "")" }
            var statements: [String] = []
            switch identity {
            case .integerKey, .compositeKey: lines.append("PRIMARY KEY (\(key.joined(separator: ", ")))")
            case .uniqueIndex:
                statements.append("CREATE UNIQUE INDEX \(name)_key ON \(name) (\(key.joined(separator: ", ")))")
                statements.append("ALTER TABLE \(name) REPLICA IDENTITY USING INDEX \(name)_key")
            case .full: statements.append("ALTER TABLE \(name) REPLICA IDENTITY FULL")
            case .insertOnly: break
            }
            return ["CREATE TABLE \(name) (\(lines.joined(separator: ", ")))"] + statements
        }

        func columns(where predicate: (ColumnKind) -> Bool) -> [Column] { columns.filter { predicate($0.type) } }
    }

    var tables: [Table]

    var ddl: [String] { ColumnKind.prelude + tables.flatMap(\.ddl) }

    init(using generator: inout SeededGenerator) {
        tables = []
        for number in 0..<Int.random(in: 1...3, using: &generator) {
            tables.append(Self.table(number, using: &generator))
        }
    }

    private static func table(_ number: Int, using generator: inout SeededGenerator) -> Table {
        let identity = Identity.allCases.randomElement(using: &generator)!
        var columns = [
            Column(name: "id", type: .int4, isNotNull: true), Column(name: "part", type: .text, isNotNull: true),
            Column(name: "grp", type: .int4, isNotNull: false),
        ]
        for extra in 0..<Int.random(in: 1...6, using: &generator) {
            let type = ColumnKind.allCases.randomElement(using: &generator)!
            columns.append(
                Column(name: "c\(extra)", type: type, isNotNull: Int.random(in: 0..<4, using: &generator) == 0)
            )
        }
        return Table(name: "t\(number)", columns: columns, identity: identity)
    }
}

extension RandomSchema.Column {
    /// A literal of the column's type, or NULL now and then.
    func literal(using generator: inout SeededGenerator) -> String {
        if !isNotNull, Int.random(in: 0..<6, using: &generator) == 0 { return "NULL" }
        return type.literal(using: &generator)
    }
}
