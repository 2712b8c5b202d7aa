import TestSupport

/// Random queries over the integer columns of the fixture: joins of every kind, subqueries, conditions with NULLs, grouping.
struct RandomQuery {
    static let tables: [(name: String, columns: [String])] = [
        ("orders", ["id", "customer_id", "product_id", "qty"]), ("customers", ["id"]), ("products", ["id"]),
        ("t", ["a"]), ("u", ["a"]), ("pgbench_history", ["tid", "bid", "aid", "delta"]),
        ("types", ["id", "i2", "i4", "i8"]), ("pgbench_branches", ["bid", "bbalance"]),
        ("pgbench_accounts", ["aid", "bid", "abalance"]),
    ]

    private var generator: SeededGenerator
    private var aliasCount = 0

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
    private mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    private mutating func pick<Element>(_ items: [Element]) -> Element { items[below(items.count)] }

    private mutating func alias() -> String {
        aliasCount += 1
        return "z\(aliasCount)"
    }

    /// A query with output columns `o0`, `o1`, …
    mutating func query(depth: Int = 3) -> (sql: String, columns: [String]) {
        var (from, columns) = source(depth)
        var condition = ""
        if chance(20) {
            let other = source(depth - 1)
            condition = " WHERE \(pick(columns)) = \(pick(other.columns))"
            from += ", " + other.sql
            columns += other.columns
        }
        if chance(60) { condition += (condition.isEmpty ? " WHERE " : " AND ") + self.condition(columns, 2) }
        if chance(55) {
            var values = (0...below(3)).map { _ in value(columns) }
            if chance(25) { values.append(subquery(columns)) }
            return named(chance(25) ? "DISTINCT " : "", values, " FROM \(from)\(condition)")
        }
        let groups = (0..<below(3)).map { _ in value(columns) }.filter { Int($0) == nil }
        var calls = (0...below(2)).map { _ in aggregate(columns) }
        let having = chance(30) ? " HAVING \(pick(calls)) > \(below(3))" : ""
        if chance(50) { calls.append("count(*)") }
        if chance(30) { calls.append("coalesce(\(calls[0]), 0) + 1") }
        // Nothing above can compare a document.
        if depth == 3, chance(30) { calls.append(list(columns)) }
        let positions = groups.indices.map { "\($0 + 1)" }.joined(separator: ", ")
        let grouping = groups.isEmpty ? "" : " GROUP BY \(positions)"
        return named("", groups + calls, " FROM \(from)\(condition)\(grouping)\(having)")
    }

    private func named(_ distinct: String, _ values: [String], _ rest: String) -> (sql: String, columns: [String]) {
        let list = values.enumerated().map { "\($1) AS o\($0)" }.joined(separator: ", ")
        return ("SELECT \(distinct)\(list)\(rest)", values.indices.map { "o\($0)" })
    }

    private mutating func source(_ depth: Int) -> (sql: String, columns: [String]) {
        if depth <= 0 || chance(45) {
            let (table, name) = (pick(Self.tables), alias())
            return ("\(table.name) \(name)", table.columns.map { "\(name).\($0)" })
        }
        if chance(35) {
            let (inner, name) = (query(depth: depth - 1), alias())
            return ("(\(inner.sql)) \(name)", inner.columns.map { "\(name).\($0)" })
        }
        let (left, right) = (source(depth - 1), source(depth - 1))
        var on = "\(pick(left.columns))\(chance(20) ? " + 1" : "") = \(pick(right.columns))"
        if chance(50) { on += " AND " + condition(left.columns + right.columns, 1) }
        if chance(20) { on += " AND \(pick(left.columns)) = \(pick(right.columns))" }
        let kind = pick(["JOIN", "LEFT JOIN", "RIGHT JOIN", "JOIN", "LEFT JOIN"])
        return ("(\(left.sql) \(kind) \(right.sql) ON \(on))", left.columns + right.columns)
    }

    private mutating func operand(_ columns: [String]) -> String {
        chance(75) ? pick(columns) : "\(below(6) - 1)"
    }

    private mutating func condition(_ columns: [String], _ depth: Int) -> String {
        switch below(depth > 0 ? 12 : 9) {
        case 0: return "\(pick(columns)) IS \(pick(["", "NOT "]))NULL"
        case 1: return "coalesce(\(operand(columns)), \(operand(columns))) = \(operand(columns))"
        case 2: return "\(operand(columns)) IS DISTINCT FROM \(operand(columns))"
        case 3: return "\(operand(columns)) \(pick(["IN", "NOT IN"])) (\(operand(columns)), \(operand(columns)))"
        case 4:
            let test = pick(["TRUE", "NOT TRUE", "UNKNOWN", "NOT FALSE"])
            return "(\(operand(columns)) \(pick(["<", ">"])) \(operand(columns))) IS \(test)"
        case 5: return "\(operand(columns)) + \(operand(columns)) > \(operand(columns))"
        case 9: return "(\(condition(columns, depth - 1)) OR \(condition(columns, depth - 1)))"
        case 10: return "(\(condition(columns, depth - 1)) AND \(condition(columns, depth - 1)))"
        case 11: return "NOT \(condition(columns, depth - 1))"
        default: return "\(operand(columns)) \(pick(["=", "<>", "<", ">="])) \(operand(columns))"
        }
    }

    private mutating func value(_ columns: [String]) -> String {
        switch below(8) {
        case 0: "coalesce(\(pick(columns)), \(below(5)))"
        case 1: "\(pick(columns)) + \(pick(columns))"
        case 2: "CASE WHEN \(condition(columns, 1)) THEN \(pick(columns)) ELSE \(below(3)) END"
        case 3: "\(below(3))"
        default: pick(columns)
        }
    }

    private mutating func aggregate(_ columns: [String]) -> String {
        let filter = chance(20) ? " FILTER (WHERE \(condition(columns, 1)))" : ""
        return "\(pick(["count", "sum", "min", "max"]))(\(pick(columns)))\(filter)"
    }

    /// An aggregate over the rows of a table that meet each row.
    private mutating func subquery(_ columns: [String]) -> String {
        let (table, name) = (pick(Self.tables), alias())
        let own = table.columns.map { "\(name).\($0)" }
        let further = chance(40) ? " AND \(condition(own, 1))" : ""
        let value = "\(aggregate(own))\(chance(30) ? " + count(*)" : "")"
        return
            "coalesce((SELECT \(value) FROM \(table.name) \(name) WHERE \(pick(own)) = \(pick(columns))\(further)), -1)"
    }

    /// A list in a total order: of what it is ordered by.
    private mutating func list(_ columns: [String]) -> String {
        let column = pick(columns)
        let order = "\(column)\(pick(["", " DESC"]))\(pick(["", " NULLS FIRST", " NULLS LAST"]))"
        let filter = chance(20) ? " FILTER (WHERE \(condition(columns, 1)))" : ""
        return
            "\(pick(["json_agg", "jsonb_agg", "array_agg"]))(\(pick(["", "DISTINCT "]))\(column) ORDER BY \(order))\(filter)"
    }
}
