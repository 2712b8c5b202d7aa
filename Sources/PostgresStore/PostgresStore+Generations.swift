import PostgresClient
public import Relational
public import ViewStores

/// A generation is a table of its own; readers' SQL view is pointed at it when it is published.
extension PostgresStore {
    /// Bytes of COPY lines that are sent at once.
    private static let copyByteCount = 256 << 10

    /// Makes the table; it may stand inside a transaction or is one of its own.
    public func beginGeneration(of view: ViewTable) throws(StoreError) {
        try NameRules.check(view)
        if transaction?.repeated != nil { return }
        let isOwn = try enter()
        do throws(StoreError) {
            try checkNameIsFree(view.name)
            let layout = try createTable(for: view)
            try tryIndexes(layout)
            if isOwn { try endWriting() }
            generations[view.name] = layout
        } catch {
            rollback()
            throw error
        }
    }

    public func checkName(of view: ViewTable) throws(StoreError) { try checkNameIsFree(view.name) }

    /// Copies rows in; outside a transaction it is one of its own.
    ///
    /// After an error the generation is gone.
    public func append(_ rows: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        try view.checkWeights(rows)
        if transaction?.repeated != nil { return }
        let layout = try generation(of: view)
        let isOwn = try enter()
        do throws(StoreError) {
            try copy(rows, to: layout)
            if isOwn { try endWriting() }
        } catch {
            rollback()
            // Part of the rows is missing now: this generation must not be published.
            generations[view.name] = nil
            throw error
        }
    }

    private func copy(_ rows: borrowing ZSet, to layout: TableLayout) throws(StoreError) {
        var lines = ByteSlab(capacity: Self.copyByteCount + (Self.copyByteCount >> 2))
        do throws(PostgresError) {
            try connection.beginCopyIn(layout.copyIn)
            var count = 0
            for index in 0..<rows.count {
                let row = rows.row(at: index)
                // A row of a view with a key stands there twice and breaks the key, as it should.
                for _ in 0..<rows.weight(at: index) {
                    CopyEncoder.append(row, layout.encodings, hash: layout.isBag ? row.imageHash : nil, to: &lines)
                    count += 1
                    if lines.count >= Self.copyByteCount {
                        try connection.sendCopyMessage(lines.bytes)
                        lines.removeAll()
                    }
                }
            }
            if lines.count > 0 { try connection.sendCopyMessage(lines.bytes) }
            let taken = try connection.endCopyIn()
            guard taken == count else {
                throw PostgresError(.unexpectedAnswer, "the server took \(taken) of \(count) rows")
            }
        } catch {
            throw StoreError(error, writing: layout.view.name)
        }
    }

    /// Makes the key's index and the readers', while no reader is kept waiting; `commit` points the SQL view at the table.
    public func publish(_ view: ViewTable) throws(StoreError) {
        try requireTransaction()
        if transaction?.repeated?.published[view.name] != nil { return }
        do throws(StoreError) {
            let layout = try generation(of: view)
            if entry(of: view.name) == nil { try checkNameIsFree(view.name) }
            do throws(PostgresError) {
                try connection.query(layout.createKey)
            } catch {
                throw StoreError(error, writing: view.name)
            }
            try storing("the indexes of view \"\(view.name)\" were made") { () throws(PostgresError) in
                if let index = layout.createSearchIndex { try connection.query(index) }
                for expressions in view.indexes { try connection.statement(layout.readerIndex(expressions)) }
                try connection.query("ANALYZE \(layout.quotedTable)")
            }
            try checkDependants(layout)
            generations[view.name] = nil
            writers[view.name] = nil
            transaction?.published[view.name] = layout
        } catch {
            rollback()
            throw error
        }
    }

    /// Sets the view's progress to `unknownOffset`; nothing when there is no such view.
    public func resetProgress(of name: String) throws(StoreError) {
        try requireTransaction()
        guard transaction?.repeated == nil, var entry = entry(of: name) else { return }
        entry.progress.forget()
        do {
            try connection.query(progressTable.put([entry]))
        } catch {
            rollback()
            throw StoreError(error, while: "progress was reset")
        }
        transaction?.changed[name] = .some(entry)
    }

    /// Drops the view and its progress, and the table after the commit; what Leftfold did not make is left alone.
    public func drop(view name: String) throws(StoreError) {
        try requireTransaction()
        if transaction?.repeated != nil { return }
        do {
            if entry(of: name) != nil {
                try connection.query("DROP VIEW IF EXISTS \(names.qualified(name))")
                try connection.query(progressTable.remove(name))
            }
        } catch {
            rollback()
            throw StoreError(error, while: "view \"\(name)\" was dropped")
        }
        generations[name] = nil
        transaction?.changed[name] = .some(nil)
        transaction?.published[name] = nil
        transaction?.applied.remove(name)
        writers[name] = nil
    }

    // MARK: Tables

    /// Starts a transaction unless one is open; returns whether it did.
    private func enter() throws(StoreError) -> Bool {
        guard transaction == nil else { return false }
        try beginWriting()
        return true
    }

    private func generation(of view: ViewTable) throws(StoreError) -> TableLayout {
        guard let layout = generations[view.name], layout.view == view else {
            throw .inconsistent(view.name, "there is no unfinished generation of it")
        }
        return layout
    }

    private func createTable(for view: ViewTable) throws(StoreError) -> TableLayout {
        let columns = try resolveTypes(of: view)
        let search = try SearchVector(view)
        if let search { try checkLanguage(of: search, view) }
        do {
            let number = try connection.value(
                "UPDATE \(names.owner) SET table_number = table_number + 1 WHERE id = 1 RETURNING table_number"
            )
            let table = SchemaNames.dataTable(of: view.name, number: number.flatMap { Int64($0) } ?? 0)
            let (types, collations) = columns
            try connection.query(
                TableLayout.create(view, table, types: types, collations: collations, search: search, names)
            )
            try connection.query(
                "INSERT INTO \(names.tables) VALUES (\(SQLText.literal(table)), \(SQLText.literal(view.name)))"
            )
            return TableLayout(view, table: table, types: columns.types, names)
        } catch {
            throw StoreError(error, while: "a table for view \"\(view.name)\" was made")
        }
    }

    /// Makes every index of the empty table and drops it again, to find what is wrong with it before there are rows.
    private func tryIndexes(_ layout: TableLayout) throws(StoreError) {
        do {
            // Some types have no order, or no equality at all.
            if !layout.isBag, !layout.key.isEmpty {
                try connection.query(
                    "CREATE UNIQUE INDEX _leftfold_try ON \(layout.quotedTable) "
                        + "(\(layout.key.map(layout.quoted).joined(separator: ", ")))"
                )
                try connection.query("DROP INDEX \(names.qualified("_leftfold_try"))")
            }
        } catch {
            throw refusedIndex("key", layout, error)
        }
        for expressions in layout.view.indexes {
            do {
                try connection.query("SAVEPOINT index")
                try connection.statement(layout.readerIndex(expressions))
                try connection.query("ROLLBACK TO SAVEPOINT index")
            } catch {
                throw refusedIndex("index (\(expressions))", layout, error)
            }
        }
    }

    private func refusedIndex(_ what: String, _ layout: TableLayout, _ error: PostgresError) -> StoreError {
        guard error.sqlState?.hasPrefix("42") == true || error.sqlState?.hasPrefix("0A") == true else {
            return StoreError(error, while: "a table for view \"\(layout.view.name)\" was made")
        }
        return StoreError(
            .unsupported,
            "view \"\(layout.view.name)\" cannot have the \(what)",
            detail: error.message,
            hint: what == "key" ? "cast the column to text in the view's SQL" : "correct the option index of the view"
        )
    }

    /// Another program may have made something of this name in the schema.
    private func checkNameIsFree(_ name: String) throws(StoreError) {
        guard entry(of: name) == nil else { return }
        let kind = try reading("the name \"\(name)\" was looked up") { (connection) throws(PostgresError) in
            try connection.value(
                """
                SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'i' THEN 'index'
                    WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' ELSE 'table' END
                FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
                """,
                [names.schema, name]
            )
        }
        guard let kind else { return }
        throw StoreError(
            .nameTaken,
            "\(location) has a \(kind) \"\(name)\" that Leftfold did not make",
            hint: "rename the view, or that \(kind): ALTER \(kind.uppercased()) \(names.qualified(name)) RENAME TO …;"
        )
    }
}
