import Relational
import ViewStores

extension TableLayout {
    var quotedTable: String { QualifiedName.quote(table) }

    func quoted(_ column: Int) -> String { QualifiedName.quote(view.columns[column].name) }

    private var columnList: String { view.columns.indices.map(quoted).joined(separator: ", ") }

    var create: String {
        var parts = view.columns.indices.map(columnDefinition)
        switch shape {
        case .integerKey: break
        case .keyed:
            if hasID { parts.insert("\(Self.idColumn) INTEGER PRIMARY KEY", at: 0) }
            if !key.isEmpty, !hasKeyByValue { parts.append("UNIQUE (\(key.map(quoted).joined(separator: ", ")))") }
        case .bag:
            parts.append("\(Self.countColumn) INTEGER NOT NULL")
            parts.append("\(Self.hashColumn) INTEGER NOT NULL")
        }
        return "CREATE TABLE \(quotedTable) (\n    \(parts.joined(separator: ",\n    "))\n)"
    }

    /// A float column has no declared type, hence no affinity: SQLite's REAL affinity turns −0 into 0.
    private func columnDefinition(_ column: Int) -> String {
        var parts = [quoted(column)]
        let declared = encodings[column].declaredType
        if !declared.isEmpty { parts.append(declared) }
        if view.columns[column].isNotNull { parts.append("NOT NULL") }
        if shape == .integerKey(column: column) { parts.append("PRIMARY KEY") }
        // The source's type, for readers of `.schema`; a type's name may hold anything.
        let type = view.columns[column].type.name.split(separator: "*/", omittingEmptySubsequences: false)
        parts.append("/* \(type.joined(separator: "* /")) */")
        return parts.joined(separator: " ")
    }

    /// The index that every write goes through, where no constraint of the table makes it.
    func writerIndex(named name: String) -> String? {
        let name = QualifiedName.quote(name)
        switch shape {
        case .integerKey: return nil
        case .keyed:
            guard hasKeyByValue else { return nil }
            let terms = key.map { byValue($0) ?? quoted($0) }
            return "CREATE UNIQUE INDEX \(name) ON \(quotedTable) (\(terms.joined(separator: ", ")))"
        case .bag: return "CREATE INDEX \(name) ON \(quotedTable) (\(Self.hashColumn), \(Self.countColumn))"
        }
    }

    func readerIndex(_ expressions: String, named name: String) -> String {
        "CREATE INDEX \(QualifiedName.quote(name)) ON \(quotedTable) (\(expressions))"
    }

    var insert: String {
        let names = view.columns.indices.map(quoted) + (shape == .bag ? [Self.countColumn, Self.hashColumn] : [])
        let values = names.indices.map { "?\($0 + 1)" }
        return
            "INSERT INTO \(quotedTable) (\(names.joined(separator: ", "))) VALUES (\(values.joined(separator: ", ")))"
    }

    /// Inserts unless the key is there.
    var insertIfAbsent: String {
        let values = view.columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        let match = key.isEmpty ? "" : " WHERE \(Self.all(key.map { keyTerm($0, parameter: $0 + 1) }))"
        return "INSERT INTO \(quotedTable) (\(columnList)) SELECT \(values) "
            + "WHERE NOT EXISTS (SELECT 1 FROM \(quotedTable)\(match))"
    }

    /// Replaces the columns outside the key, of which there must be some. The old image of the key must be the new one.
    var update: String {
        let sets = others.map { "\(quoted($0)) = ?\($0 + 1)" }.joined(separator: ", ")
        return "UPDATE \(quotedTable) SET \(sets) WHERE \(match(parametersFrom: view.columns.count + 1))\(returning)"
    }

    var delete: String {
        let count = shape == .bag ? " AND \(Self.countColumn) > ?\(view.columns.count + 1)" : ""
        return "DELETE FROM \(quotedTable) WHERE \(match(parametersFrom: 1))\(count)\(returning)"
    }

    /// The id of a written row, where only the table knows it.
    private var returning: String { hasID ? " RETURNING \(Self.idColumn)" : "" }

    /// The count of the equal rows of a bag.
    var count: String {
        "SELECT \(Self.countColumn) FROM \(quotedTable) WHERE \(match(parametersFrom: 1)) "
            + "ORDER BY \(Self.countColumn) DESC LIMIT 1"
    }

    var scan: String {
        "SELECT \(view.columns.isEmpty ? "1" : columnList) FROM \(quotedTable)"
    }

    /// The whole image of a row. The unary plus keeps SQLite from choosing a reader's index for it.
    private func match(parametersFrom first: Int) -> String {
        var terms: [String] = []
        if shape == .bag {
            terms.append("\(Self.hashColumn) = ?\(view.columns.count + 2)")
        }
        for column in key {
            terms.append(keyTerm(column, parameter: first + column))
            if byValue(column) != nil { terms.append("+\(quoted(column)) IS ?\(first + column)") }
        }
        for column in others { terms.append("+\(quoted(column)) IS ?\(first + column)") }
        return terms.isEmpty ? "1" : Self.all(terms)
    }

    private func keyTerm(_ column: Int, parameter: Int) -> String {
        let comparison = view.columns[column].isNotNull ? "=" : "IS"
        if let left = byValue(column) { return "\(left) \(comparison) \(Self.withoutZeros("?\(parameter)"))" }
        return "\(quoted(column)) \(comparison) ?\(parameter)"
    }

    private var hasKeyByValue: Bool { key.contains { byValue($0) != nil } }

    /// The value of a `numeric` whose image says more than its value: one without a scale of its type.
    private func byValue(_ column: Int) -> String? {
        guard shape == .keyed, encodings[column] == .numeric, view.columns[column].type.typmod < 4 else { return nil }
        return Self.withoutZeros(quoted(column))
    }

    private static func withoutZeros(_ text: String) -> String {
        "CASE WHEN instr(\(text), '.') THEN rtrim(rtrim(\(text), '0'), '.') ELSE \(text) END"
    }

    /// The terms joined by AND as a balanced tree: SQLite bounds the depth of an expression, and Postgres allows 1600 columns.
    private static func all(_ terms: [String]) -> String { all(terms[...]) }

    private static func all(_ terms: ArraySlice<String>) -> String {
        guard terms.count > 2 else { return terms.joined(separator: " AND ") }
        let middle = terms.startIndex + terms.count / 2
        return "(\(all(terms[..<middle]))) AND (\(all(terms[middle...])))"
    }
}
