import Expressions
import Relational
import ViewPlan

/// Binds a statement: names to tables and columns, expressions to the catalog, grouping to aggregates.
///
/// Subqueries and common tables without an outer join above them leave no node of their own: their output columns are expressions over
/// the tables they read, and stand in for their names.
struct Binder {
    /// Most tables that one statement may read, counting each use of a common table: it is bound anew for every use.
    private static let tableLimit = 256
    /// Most levels of subqueries and queries of WITH that read each other.
    static let depthLimit = 100

    let catalog: SourceCatalog
    let types: TypeResolver
    var nextColumn = 0
    var depth = 0
    private var tableCount = 0
    /// Places of the queries of WITH that something reads.
    private var commonTablesRead: Set<Int?> = []
    /// Names of the views read, in the order met.
    private(set) var dependencies: [String] = []

    init(catalog: SourceCatalog) {
        self.catalog = catalog
        types = TypeResolver(relations: catalog.relations)
    }

    /// A bound SELECT: rows of `plan`, and what each output column is over them.
    struct Query {
        var plan: LogicalPlan
        var columns: [Column]

        struct Column {
            var name: String
            var value: Expression
            var location: Int?
        }
    }

    /// A FROM item: its rows, the tables that can be named, and the columns of `*`.
    struct Item {
        var plan: LogicalPlan
        var scope: Scope
    }

    /// A query of WITH, and those that stood before it.
    struct CommonTable {
        var syntax: CommonTableSyntax
        var visible: [CommonTable]
    }

    mutating func freshColumn() -> Int {
        defer { nextColumn += 1 }
        return nextColumn
    }

    // MARK: FROM

    mutating func bind(_ from: [TableSyntax], _ commonTables: [CommonTable]) throws(Diagnostic) -> Item {
        var result: Item?
        for syntax in from {
            let item = try bind(syntax, commonTables)
            guard let left = result else {
                result = item
                continue
            }
            result = try joined(left, item, at: syntax.location)
        }
        guard let result else { throw RefusedConstruct.constantQuery.diagnostic(at: nil) }
        return result
    }

    private func joined(_ left: Item, _ right: Item, at location: Int?) throws(Diagnostic) -> Item {
        Item(
            plan: .join(
                LogicalJoin(kind: .inner, left: left.plan, right: right.plan, conditions: [], location: location)
            ),
            scope: try combined(left.scope, right.scope, at: location)
        )
    }

    func combined(_ left: Scope, _ right: Scope, at location: Int?) throws(Diagnostic) -> Scope {
        for table in right.tables {
            let clash = left.tables.contains { other in
                other.name == table.name && (other.schema == nil || table.schema == nil || other.schema == table.schema)
            }
            if clash {
                throw Diagnostic(
                    .duplicateAlias,
                    "table name \"\(table.name)\" specified more than once",
                    hint: "give one of them an alias",
                    at: location
                )
            }
        }
        return Scope(tables: left.tables + right.tables, columns: left.columns + right.columns)
    }

    mutating func bind(_ syntax: TableSyntax, _ commonTables: [CommonTable]) throws(Diagnostic) -> Item {
        switch syntax {
        case .relation(let schema, let name, let alias, let location):
            if schema == nil, let common = commonTables.last(where: { $0.syntax.name == name }) {
                let names = alias?.columnNames ?? []
                return try bind(common, as: alias?.name ?? name, names, at: location)
            }
            return try relation(schema: schema, name: name, alias, at: location)
        case .subquery(let select, let alias, let location):
            guard let alias else {
                throw Diagnostic(
                    .syntaxError,
                    "subquery in FROM must have an alias",
                    hint: "add AS name after it",
                    at: location
                )
            }
            let query = try bindInner(select, commonTables)
            return try item(query, named: alias.name, alias.columnNames, at: location)
        case .join(let join): return try bind(join, commonTables)
        }
    }

    private mutating func bind(
        _ common: CommonTable,
        as name: String,
        _ names: [String],
        at location: Int?
    ) throws(Diagnostic) -> Item {
        commonTablesRead.insert(common.syntax.location)
        var query = try bindInner(common.syntax.select, common.visible)
        query.columns = try renamed(
            query.columns,
            common.syntax.columnNames,
            of: common.syntax.name,
            at: common.syntax.location
        )
        return try item(query, named: name, names, at: location)
    }

    func isRead(_ common: CommonTable) -> Bool { commonTablesRead.contains(common.syntax.location) }

    /// Checks a common table that nothing reads.
    mutating func check(_ common: CommonTable) throws(Diagnostic) {
        let query = try bindInner(common.syntax.select, common.visible)
        _ = try renamed(query.columns, common.syntax.columnNames, of: common.syntax.name, at: common.syntax.location)
    }

    private mutating func bindInner(
        _ select: SelectSyntax,
        _ commonTables: [CommonTable]
    ) throws(Diagnostic) -> Query {
        if let first = select.order.first {
            throw Diagnostic(
                .notSupported,
                "ORDER BY in a subquery is not supported",
                detail: "The rows of a subquery have no order.",
                hint: "leave it out",
                at: first.value.location
            )
        }
        return try bind(select, commonTables)
    }

    private func renamed(
        _ columns: [Query.Column],
        _ names: [String],
        of table: String,
        at location: Int?
    ) throws(Diagnostic) -> [Query.Column] {
        guard names.count <= columns.count else {
            throw Diagnostic(
                .invalidColumnReference,
                "table \"\(table)\" has \(columns.count) columns available but \(names.count) columns specified",
                at: location
            )
        }
        var columns = columns
        for (index, name) in names.enumerated() { columns[index].name = name }
        return columns
    }

    private func item(
        _ query: Query,
        named name: String,
        _ names: [String],
        at location: Int?
    ) throws(Diagnostic) -> Item {
        let columns = try renamed(query.columns, names, of: name, at: location).map {
            ScopeColumn(name: $0.name, value: $0.value, table: name)
        }
        return Item(
            plan: query.plan,
            scope: Scope(tables: [ScopeTable(name: name, columns: columns)], columns: columns)
        )
    }

    private mutating func relation(
        schema: String?,
        name: String,
        _ alias: AliasSyntax?,
        at location: Int?
    ) throws(Diagnostic) -> Item {
        tableCount += 1
        if tableCount > Self.tableLimit {
            throw Diagnostic(
                .statementTooComplex,
                "the statement reads more than \(Self.tableLimit) tables",
                detail: "A query of WITH counts once for every use.",
                hint: "make it a view of its own",
                at: location
            )
        }
        let shown = alias?.name ?? name
        var columns: [Query.Column] = []
        var table = ScopeTable(
            name: shown,
            schema: alias == nil ? schema : nil,
            hiddenName: alias == nil ? nil : name,
            columns: []
        )
        let plan: LogicalPlan
        switch try catalog.entry(schema: schema, name: name, at: location) {
        case .relation(let relation):
            guard !relation.columns.isEmpty else {
                throw Diagnostic(
                    .notSupported,
                    "table \(relation.name) has no columns that the source publishes",
                    hint: "publish at least one of its columns",
                    at: location
                )
            }
            if alias == nil { table.schema = relation.name.schema }
            let identities = relation.columns.map { _ in freshColumn() }
            for (column, id) in zip(relation.columns, identities) {
                columns.append(Query.Column(name: column.name, value: .column(id, column.type), location: location))
            }
            table.primaryKey = relation.primaryKey.map { identities[$0] }
            plan = .scan(LogicalScan(relation: relation, columns: identities, location: location))
        case .view(let view):
            if !dependencies.contains(view.name) { dependencies.append(view.name) }
            let identities = view.columns.map { _ in freshColumn() }
            for (column, id) in zip(view.columns, identities) {
                columns.append(Query.Column(name: column.name, value: .column(id, column.type), location: location))
            }
            plan = .view(LogicalView(root: view.root, columns: identities, location: location))
        }
        table.columns = try renamed(columns, alias?.columnNames ?? [], of: shown, at: location).map {
            ScopeColumn(name: $0.name, value: $0.value, table: shown)
        }
        return Item(plan: plan, scope: Scope(tables: [table], columns: table.columns))
    }
}
