import TestSupport

/// Random views over a random schema, in the SQL that Leftfold maintains.
struct RandomViews {
    let schema: RandomSchema

    /// Three views, and now and then a fourth that reads the first.
    func make(using generator: inout SeededGenerator) -> [TestView] {
        var views: [TestView] = []
        for number in 0..<3 {
            let table = schema.tables.randomElement(using: &generator)!
            let other = schema.tables.randomElement(using: &generator)!
            let select =
                switch Int.random(in: 0..<12, using: &generator) {
                case 0: projection(table, using: &generator)
                case 1, 2: aggregate(table, using: &generator)
                case 3: join(table, other, using: &generator)
                case 4: joinedAggregate(table, other, using: &generator)
                case 5: distinct(table, using: &generator)
                case 6: nested(table, other, using: &generator)
                case 7: chain(using: &generator)
                case 8: documents(table, using: &generator)
                case 9: children(table, other, using: &generator)
                case 10: lists(table, using: &generator)
                default: total(table, using: &generator)
                }
            views.append(TestView("v\(number)", select))
        }
        if Bool.random(using: &generator) { views.append(over(views[0])) }
        return views
    }

    private func projection(_ table: RandomSchema.Table, using generator: inout SeededGenerator) -> String {
        var items = table.columns.map(\.name)
        items.append("coalesce(grp, -1) * 2 + id AS derived")
        items.append("CASE WHEN grp > 2 THEN 'high' WHEN grp IS NULL THEN 'none' ELSE part END AS label")
        if let text = table.columns(where: { $0 == .text || $0 == .varchar }).last {
            items.append("upper(\(text.name)) || '-' || length(\(text.name)) AS shouted")
        }
        if let number = table.columns(where: \.isNumber).randomElement(using: &generator) {
            items.append("abs(\(number.name)) AS magnitude")
        }
        return "SELECT \(items.joined(separator: ", ")) FROM \(table.name)" + filter(table, using: &generator)
    }

    private func aggregate(_ table: RandomSchema.Table, using generator: inout SeededGenerator) -> String {
        let groups = table.columns(where: \.isGroupable).map(\.name).shuffled(using: &generator).prefix(
            Int.random(in: 1...2, using: &generator)
        ).joined(separator: ", ")
        let having = Bool.random(using: &generator) ? " HAVING count(*) > 1" : ""
        return "SELECT \(groups), \(aggregates(table)) FROM \(table.name)"
            + filter(table, using: &generator) + " GROUP BY \(groups)\(having)"
    }

    private func total(_ table: RandomSchema.Table, using generator: inout SeededGenerator) -> String {
        "SELECT \(aggregates(table)) FROM \(table.name)" + filter(table, using: &generator)
    }

    private func distinct(_ table: RandomSchema.Table, using generator: inout SeededGenerator) -> String {
        let columns = table.columns(where: \.isGroupable).map(\.name).shuffled(using: &generator).prefix(2)
        return "SELECT DISTINCT \(columns.joined(separator: ", ")), id % 2 AS parity FROM \(table.name)"
            + filter(table, using: &generator)
    }

    private func join(
        _ left: RandomSchema.Table,
        _ right: RandomSchema.Table,
        using generator: inout SeededGenerator
    ) -> String {
        let kind = ["", "LEFT ", "RIGHT "].randomElement(using: &generator)!
        let residual = Bool.random(using: &generator) ? " AND l.id <= r.id" : ""
        let condition = ["l.grp = r.grp", "l.id = r.id", "l.id = r.grp AND l.part = r.part"].randomElement(
            using: &generator
        )!
        return "SELECT l.id AS lid, l.part, r.id AS rid, r.grp, l.\(left.columns.last!.name) AS a, "
            + "r.\(right.columns.last!.name) AS b FROM \(left.name) l \(kind)JOIN \(right.name) r "
            + "ON \(condition)\(residual)" + filter(left, prefix: "l.", using: &generator)
    }

    private func joinedAggregate(
        _ left: RandomSchema.Table,
        _ right: RandomSchema.Table,
        using generator: inout SeededGenerator
    ) -> String {
        let kind = Bool.random(using: &generator) ? "LEFT " : ""
        return "SELECT l.part, count(r.id) AS matched, sum(r.id) AS s, \(aggregates(left, prefix: "l.")) "
            + "FROM \(left.name) l \(kind)JOIN \(right.name) r ON l.grp = r.id GROUP BY l.part"
    }

    /// A subquery or a common table that aggregates, joined back to rows.
    private func nested(
        _ left: RandomSchema.Table,
        _ right: RandomSchema.Table,
        using generator: inout SeededGenerator
    ) -> String {
        let inner = "SELECT grp, count(*) AS n, max(id) AS top FROM \(right.name) GROUP BY grp"
        let columns = "SELECT l.id, l.part, s.n, s.top"
        let kind = Bool.random(using: &generator) ? "LEFT " : ""
        if Bool.random(using: &generator) {
            return "WITH s AS (\(inner)) \(columns) FROM \(left.name) l \(kind)JOIN s ON s.grp = l.grp"
        }
        return "\(columns) FROM \(left.name) l \(kind)JOIN (\(inner)) s ON s.grp = l.grp AND s.n > 1"
    }

    /// Three tables, which may be one.
    private func chain(using generator: inout SeededGenerator) -> String {
        let names = (0..<3).map { _ in schema.tables.randomElement(using: &generator)!.name }
        return "SELECT a.part, b.part AS part2, count(*) AS n, min(c.id) AS low FROM \(names[0]) a "
            + "JOIN \(names[1]) b ON b.id = a.grp LEFT JOIN \(names[2]) c ON c.grp = b.grp GROUP BY a.part, b.part"
    }

    private func over(_ view: TestView) -> TestView {
        TestView(
            "w0",
            "SELECT count(*) AS n, count(*) FILTER (WHERE x.n IS NOT NULL) AS known FROM "
                + "(SELECT 1 AS n FROM \(view.name)) x",
            reads: [view]
        )
    }

    /// Whole rows as documents, in the order of the key; of a table without one, what the order decides.
    private func documents(_ table: RandomSchema.Table, using generator: inout SeededGenerator) -> String {
        let members = document(table)
        let order = ["id, part COLLATE \"C\"", "part COLLATE \"C\" DESC, id DESC"].randomElement(using: &generator)!
        let type = ["json", "jsonb"].randomElement(using: &generator)!
        return "SELECT grp, \(type)_agg(\(type)_build_object(\(members)) ORDER BY \(order)) AS docs, "
            + "jsonb_object_agg(id || part, json_build_array(\(members)) ORDER BY \(order)) AS named FROM \(table.name)"
            + filter(table, using: &generator) + " GROUP BY grp"
    }

    /// Rows with the list of those that name them as their parent.
    private func children(
        _ parent: RandomSchema.Table,
        _ child: RandomSchema.Table,
        using generator: inout SeededGenerator
    ) -> String {
        let members = document(child, prefix: "c.")
        let list = "json_agg(json_build_object(\(members)) ORDER BY c.id, c.part COLLATE \"C\")"
        let groups = parent.key == ["id"] ? "p.id" : "p.id, p.part"
        let columns = parent.key == ["id"] ? "p.id, p.part, p.grp" : "p.id, p.part"
        if Bool.random(using: &generator) {
            let tie = ["c.grp = p.id", "p.grp = c.id AND c.part <> 'b'", "c.part = p.part AND c.grp = p.grp"]
                .randomElement(
                    using: &generator
                )!
            return
                "SELECT p.id, p.part, coalesce((SELECT \(list) FROM \(child.name) c WHERE \(tie)), '[]') AS children, "
                + "(SELECT count(*) + coalesce(max(c.id), -1) FROM \(child.name) c WHERE \(tie)) AS n FROM \(parent.name) p"
                + filter(parent, prefix: "p.", using: &generator)
        }
        return "SELECT \(columns), coalesce(\(list) FILTER (WHERE c.id IS NOT NULL), '[]') AS children "
            + "FROM \(parent.name) p LEFT JOIN \(child.name) c ON c.grp = p.id GROUP BY \(groups)"
    }

    /// Lists of single values in every order.
    private func lists(_ table: RandomSchema.Table, using generator: inout SeededGenerator) -> String {
        let order = ["grp", "grp DESC", "grp NULLS FIRST", "grp DESC NULLS LAST"].randomElement(using: &generator)!
        var items = [
            "array_agg(grp ORDER BY \(order)) AS a1", "json_agg(DISTINCT grp ORDER BY \(order)) AS a2",
            "string_agg(part, '-' ORDER BY part COLLATE \"C\" DESC) FILTER (WHERE id > 3) AS a3",
            "string_agg(DISTINCT part COLLATE \"C\", ', ') AS a4",
            "json_object_agg(id, grp ORDER BY id, \(order)) AS a5",
        ]
        for column in table.columns(where: \.isOrdered) {
            items.append("array_agg(\(column.name) ORDER BY \(column.name) DESC) AS list_\(column.name)")
            items.append("jsonb_agg(\(column.name) ORDER BY \(column.name)) AS doc_\(column.name)")
        }
        let key = table.key.map { $0 == "part" ? "part COLLATE \"C\"" : $0 }.joined(separator: ", ")
        for column in table.columns where !key.isEmpty {
            items.append("json_agg(\(column.name) ORDER BY \(key)) AS all_\(column.name)")
            if [.text, .varchar, .bpchar, .bytea].contains(column.type) {
                items.append("string_agg(\(column.name), ',' ORDER BY \(key)) AS joined_\(column.name)")
            }
            if ![.mood, .intArray, .textArray].contains(column.type) {
                items.append("array_agg(\(column.name) ORDER BY \(key) DESC) AS array_\(column.name)")
            }
        }
        return "SELECT id % 3 AS third, \(items.joined(separator: ", ")) FROM \(table.name)"
            + filter(table, using: &generator) + " GROUP BY id % 3"
    }

    /// Keys and values of a row's document.
    private func document(_ table: RandomSchema.Table, prefix: String = "") -> String {
        let columns = table.key.isEmpty ? table.columns.filter { ["id", "part"].contains($0.name) } : table.columns
        return columns.map { "'\($0.name)', \(prefix)\($0.name)" }.joined(separator: ", ")
    }

    private func aggregates(_ table: RandomSchema.Table, prefix: String = "") -> String {
        var items = ["count(*) AS n0", "count(\(prefix)grp) FILTER (WHERE \(prefix)id > 4) AS n1"]
        for column in table.columns(where: \.isNumber) {
            let name = prefix + column.name
            // int8 extremes overflow nothing: sum(int8) is numeric.
            items.append("sum(\(name)) AS sum_\(column.name)")
            items.append("avg(\(name)) AS avg_\(column.name)")
        }
        for column in table.columns(where: \.isOrdered) {
            items.append("min(\(prefix)\(column.name)) AS min_\(column.name)")
            items.append("max(\(prefix)\(column.name)) FILTER (WHERE \(prefix)part <> 'b') AS max_\(column.name)")
        }
        return items.joined(separator: ", ")
    }

    private func filter(
        _ table: RandomSchema.Table,
        prefix: String = "",
        using generator: inout SeededGenerator
    ) -> String {
        let choices = [
            "", "", "\(prefix)id BETWEEN 2 AND 9", "\(prefix)grp IS NOT NULL AND \(prefix)grp <> 3",
            "\(prefix)part IN ('a', 'c') OR \(prefix)grp IS NULL", "\(prefix)part LIKE '_' AND NOT (\(prefix)grp > 3)",
            "\(prefix)grp IS DISTINCT FROM \(prefix)id",
        ]
        let chosen = choices.randomElement(using: &generator)!
        return chosen.isEmpty ? "" : " WHERE \(chosen)"
    }
}
