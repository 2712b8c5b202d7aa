import Expressions
import ViewPlan

extension Binder {
    mutating func bind(_ syntax: JoinSyntax, _ commonTables: [CommonTable]) throws(Diagnostic) -> Item {
        var left = try bind(syntax.left, commonTables)
        var right = try bind(syntax.right, commonTables)
        let location = syntax.right.location
        // Values of the side that may be missing must become NULL there: only columns do that by themselves.
        if syntax.kind == .left { protect(&right) }
        if syntax.kind == .right { protect(&left) }
        var scope = try combined(left.scope, right.scope, at: location)
        var conditions: [Expression] = []
        switch syntax.condition {
        case .none: break
        case .on(let expression):
            var binder = ExpressionBinder(scope: scope, types: types, clause: .join, nextColumn: nextColumn)
            conditions = try binder.conjuncts(in: expression, of: "JOIN/ON")
        case .using(let names):
            conditions = try using(names, left.scope, right.scope, syntax.kind, into: &scope, at: location)
        case .natural:
            let names = left.scope.columns.map(\.name).filter { name in
                right.scope.columns.contains { $0.name == name }
            }
            conditions = try using(names, left.scope, right.scope, syntax.kind, into: &scope, at: location)
        }
        if let alias = syntax.alias { scope = try aliased(scope, alias, at: location) }
        let isSwapped = syntax.kind == .right
        let join = LogicalJoin(
            kind: syntax.kind == .inner ? .inner : .left,
            left: isSwapped ? right.plan : left.plan,
            right: isSwapped ? left.plan : right.plan,
            conditions: conditions,
            location: location
        )
        return Item(plan: .join(join), scope: scope)
    }

    /// Gives every value that is more than a column a column of its own.
    private mutating func protect(_ item: inout Item) {
        var computed: [ComputedColumn] = []
        let replace = { (column: inout ScopeColumn, binder: inout Binder) in
            if column.value.columnIndex != nil { return }
            if let same = computed.first(where: { $0.value == column.value }) {
                column.value = .column(same.id, column.value.type)
                return
            }
            let id = binder.freshColumn()
            computed.append(ComputedColumn(id: id, value: column.value))
            column.value = .column(id, column.value.type)
        }
        for index in item.scope.columns.indices { replace(&item.scope.columns[index], &self) }
        for table in item.scope.tables.indices {
            for index in item.scope.tables[table].columns.indices {
                replace(&item.scope.tables[table].columns[index], &self)
            }
        }
        if !computed.isEmpty { item.plan = .compute(item.plan, computed) }
    }

    /// The equalities of USING; its columns come first in `scope` and stand once.
    private func using(
        _ names: [String],
        _ left: Scope,
        _ right: Scope,
        _ kind: JoinSyntax.Kind,
        into scope: inout Scope,
        at location: Int?
    ) throws(Diagnostic) -> [Expression] {
        var conditions: [Expression] = []
        var merged: [ScopeColumn] = []
        for name in names {
            if merged.contains(where: { $0.name == name }) {
                throw Diagnostic(
                    .duplicateColumn,
                    "column name \"\(name)\" appears more than once in USING clause",
                    at: location
                )
            }
            let one = try usingColumn(name, in: left, side: "left", at: location)
            let other = try usingColumn(name, in: right, side: "right", at: location)
            conditions.append(
                try resolving(at: location) { () throws(ResolutionError) in
                    try Catalog.call(operator: "=", [one.value, other.value])
                }
            )
            let (converted, _) = try resolving(at: location) { () throws(ResolutionError) in
                try Catalog.unify([one.value, other.value], for: "JOIN/USING")
            }
            merged.append(ScopeColumn(name: name, value: kind == .right ? converted[1] : converted[0]))
        }
        scope.columns = merged + scope.columns.filter { !names.contains($0.name) }
        return conditions
    }

    private func usingColumn(
        _ name: String,
        in scope: Scope,
        side: String,
        at location: Int?
    ) throws(Diagnostic) -> ScopeColumn {
        let matches = scope.columns.filter { $0.name == name }
        if matches.count > 1 {
            throw Diagnostic(
                .ambiguousColumn,
                "common column name \"\(name)\" appears more than once in \(side) table",
                at: location
            )
        }
        guard let match = matches.first else {
            throw Diagnostic(
                .undefinedColumn,
                "column \"\(name)\" specified in USING clause does not exist in \(side) table",
                at: location
            )
        }
        return match
    }

    /// `(a JOIN b …) AS name`: one table, which hides those inside it.
    private func aliased(_ scope: Scope, _ alias: AliasSyntax, at location: Int?) throws(Diagnostic) -> Scope {
        guard alias.columnNames.count <= scope.columns.count else {
            throw Diagnostic(
                .invalidColumnReference,
                "join expression \"\(alias.name)\" has \(scope.columns.count) columns available but "
                    + "\(alias.columnNames.count) columns specified",
                at: location
            )
        }
        var columns = scope.columns
        for index in columns.indices {
            columns[index].table = alias.name
            if index < alias.columnNames.count { columns[index].name = alias.columnNames[index] }
        }
        return Scope(tables: [ScopeTable(name: alias.name, columns: columns)], columns: columns)
    }
}
