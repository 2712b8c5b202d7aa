import Expressions
public import Relational
public import ViewPlan

/// Compiles views written in Postgres's SQL to physical plans. A value without state: the same input gives the same plan.
public struct ViewCompiler {
    let relations: [RelationSchema]
    private let views: [ViewDefinition]
    private let searchPath: [String]

    /// `relations` are the tables and `views` the views that a statement may read; a name without a schema is looked for in
    /// `searchPath`, in its order, tables first.
    public init(relations: [RelationSchema], views: [ViewDefinition] = [], searchPath: [String] = ["public"]) {
        self.relations = relations
        self.views = views
        self.searchPath = searchPath
    }

    /// Compiles one statement: `CREATE MATERIALIZED VIEW … AS SELECT …`, or a SELECT, which is named after its file.
    ///
    /// `file` serves messages and that name alone; nothing is read from it.
    ///
    /// - Throws: `ViewSQLError`, with the place in `sql` wherever there is one.
    public func compile(_ sql: String, file: String) throws(ViewSQLError) -> ViewDefinition {
        let source = Self.source(sql, file)
        do {
            return try compile(try SyntaxDecoder.decode(source), source)
        } catch {
            throw source.error(error)
        }
    }

    /// Compiles the files of a folder, each after the views that it reads.
    ///
    /// Results come in that order. A file that cannot be compiled fails alone, and the files whose views read its view fail with it.
    public func compileAll(
        _ files: [(name: String, sql: String)]
    ) -> [(file: String, result: Result<ViewDefinition, ViewSQLError>)] {
        ViewFolder(files: files, compiler: self).compile()
    }

    /// The text of a view file.
    ///
    /// - Throws: `ViewSQLError` with the place of the first byte that is not UTF-8.
    public static func text(of bytes: [UInt8], file: String) throws(ViewSQLError) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        // Decoding with replacement keeps everything before the first bad byte as it is.
        let readable = String(decoding: bytes, as: UTF8.self)
        let good = readable.unicodeScalars.prefix { $0 != "\u{FFFD}" }
        let source = SourceText(file: file, sql: String(String.UnicodeScalarView(good)))
        throw source.error(
            Diagnostic(
                .characterNotInRepertoire,
                "the file is not UTF-8 text",
                hint: "save it as UTF-8",
                at: source.sql.utf8.count
            )
        )
    }

    // MARK: Steps

    static func source(_ sql: String, _ file: String) -> SourceText {
        SourceText(file: file, sql: sql.hasPrefix("\u{FEFF}") ? String(sql.unicodeScalars.dropFirst()) : sql)
    }

    func hasRelation(named name: String) -> Bool {
        SourceCatalog(relations: relations, views: [], searchPath: searchPath).hasRelation(named: name)
    }

    func with(views more: [ViewDefinition]) -> ViewCompiler {
        ViewCompiler(relations: relations, views: views + more, searchPath: searchPath)
    }

    func compile(_ statement: StatementSyntax, _ source: SourceText) throws(Diagnostic) -> ViewDefinition {
        var catalog = SourceCatalog(relations: relations, views: views, searchPath: searchPath)
        let name = try name(of: statement, source, catalog)
        if let itself = ViewFolder.reads(of: statement.select).first(where: { $0.view == name }) {
            throw Diagnostic(
                .unusableDependency,
                "the view reads itself",
                hint: "read the tables it is made from",
                at: itself.location
            )
        }
        catalog.views.removeAll { $0.name == name }
        var options = try ViewOptions.values(of: statement.options)
        var binder = Binder(catalog: catalog)
        var query = try binder.bind(statement.select, [])
        let ordering = try Ordering.resolve(statement.select.order, query.columns, statement.select.targets)
        try rename(&query.columns, statement)

        let uniqueness = Uniqueness(relations: relations)
        var lowering = Lowering(uniqueness: uniqueness, nextColumn: binder.nextColumn)
        let plan = try Normaliser().normalise(query.plan)
        let root = lowering.lower(plan, outputs: query.columns.map(\.value))
        let columns = zip(query.columns, root.columns).map {
            ViewColumn(name: $0.name, type: $1.type, isNotNull: $1.isNotNull)
        }
        let inferred = uniqueness.key(of: root)
        var key = inferred
        var isProven = true
        if let declared = options["key"] {
            let location = statement.options.first { $0.name == "key" }?.location
            let named = try ViewOptions.key(declared, of: columns, at: location)
            try requireComparable(named, columns, at: location)
            key = named
            isProven = uniqueness.isUnique(named, in: root)
        }
        options = try SearchOptions.resolve(options, statement, columns, hasKey: key != nil)
        try CacheRules.check(statement, options, columns, key: key)
        return ViewDefinition(
            name: name,
            sql: source.sql,
            kind: statement.kind,
            options: options,
            columns: columns,
            key: key,
            isKeyProven: isProven,
            ordering: ordering,
            root: root,
            dependencies: binder.dependencies
        )
    }

    private func requireComparable(_ key: [Int], _ columns: [ViewColumn], at location: Int?) throws(Diagnostic) {
        for index in key {
            if let refusal = Catalog.equalityRefusal(columns[index].type) { throw Diagnostic(refusal, at: location) }
        }
    }

    private func name(
        of statement: StatementSyntax,
        _ source: SourceText,
        _ catalog: SourceCatalog
    ) throws(Diagnostic) -> String {
        if let schema = statement.schema, !searchPath.contains(schema) {
            throw Diagnostic(
                .notSupported,
                "schema \"\(schema)\" has no meaning for a view",
                detail: "The store decides where a view's rows lie.",
                hint: "write the name alone",
                at: statement.location
            )
        }
        let name = statement.name ?? Self.name(ofFile: source.file)
        if name.isEmpty {
            throw Diagnostic(
                .invalidDefinition,
                "the view has no name",
                hint: "write CREATE MATERIALIZED VIEW name AS SELECT …",
                at: nil
            )
        }
        if name.hasPrefix("_leftfold") {
            throw Diagnostic(
                .invalidDefinition,
                "the view's name \"\(name)\" is reserved",
                detail: "Names of Leftfold's own begin with _leftfold.",
                hint: "choose another name",
                at: statement.location
            )
        }
        if catalog.hasRelation(named: name) {
            throw Diagnostic(
                .duplicateView,
                "relation \"\(name)\" already exists",
                detail: "It is a table of the source.",
                hint: "choose another name",
                at: statement.location
            )
        }
        return name
    }

    /// The last part of the path without its extension.
    static func name(ofFile file: String) -> String {
        let last = file.split(separator: "/").last.map(String.init) ?? ""
        guard let dot = last.lastIndex(of: "."), dot != last.startIndex else { return last }
        return String(last[..<dot])
    }

    /// Applies `name (a, b)` and refuses names that a view's table cannot have.
    private func rename(
        _ columns: inout [Binder.Query.Column],
        _ statement: StatementSyntax
    ) throws(Diagnostic) {
        guard statement.columnNames.count <= columns.count else {
            throw Diagnostic(
                .syntaxError,
                "too many column names were specified",
                detail:
                    "The query has \(columns.count) columns, \(statement.columnNames.count) names stand beside the view's.",
                at: statement.location
            )
        }
        for (index, name) in statement.columnNames.enumerated() { columns[index].name = name }
        for (index, column) in columns.enumerated() {
            if columns[..<index].contains(where: { $0.name == column.name }) {
                throw Diagnostic(
                    .duplicateColumn,
                    "column \"\(column.name)\" specified more than once",
                    hint: "give one of them another name with AS",
                    at: column.location
                )
            }
            if column.name.hasPrefix("_leftfold") {
                throw Diagnostic(
                    .invalidDefinition,
                    "the column name \"\(column.name)\" is reserved",
                    hint: "give it another name with AS",
                    at: column.location
                )
            }
        }
    }
}
