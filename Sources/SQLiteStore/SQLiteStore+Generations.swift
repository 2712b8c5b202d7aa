public import Relational
import SQLiteDatabase
public import ViewStores

/// A generation is built in a shadow table, `_leftfold_new_` and the view's name, and renamed when it is published.
extension SQLiteStore {
    /// Makes the shadow table; it may stand inside a transaction or is one of its own.
    public func beginGeneration(of view: ViewTable) throws(StoreError) {
        try NameRules.check(view)
        try checkNoOtherCase(view.name)
        try checkIndexNames(view)
        let isOwn = try enter()
        do throws(StoreError) {
            try checkNamesAreFree(view)
            let writer = TableWriter(
                try TableLayout(view, table: NameRules.shadowPrefix + view.name),
                in: database
            )
            try createShadow(writer.layout)
            if isOwn { try endWriting() }
            generations[view.name] = writer
        } catch {
            rollback()
            throw error
        }
    }

    /// Looks for tables, views and indexes of others, of the names of a search index too.
    public func checkName(of view: ViewTable) throws(StoreError) { try checkNamesAreFree(view) }

    /// Adds rows to the shadow table; outside a transaction it is one of its own.
    ///
    /// After an error the generation is gone.
    public func append(_ rows: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        try view.checkWeights(rows)
        let isOwn = try enter()
        do throws(StoreError) {
            try generation(of: view).apply(rows)
            if isOwn { try endWriting() }
        } catch {
            rollback()
            // Part of the rows is missing now: this generation must not be published.
            generations[view.name] = nil
            throw error
        }
        if isOwn { checkpointIfDue() }
    }

    /// Makes the readers' indexes and renames the shadow into the place of the table.
    ///
    /// Indexes and triggers that others put on the old table go with it.
    public func publish(_ view: ViewTable) throws(StoreError) {
        try requireTransaction()
        do throws(StoreError) {
            let writer = try generation(of: view)
            try checkNamesAreFree(view)
            try swapIn(writer.layout)
            generations[view.name] = nil
            writers[view.name] = nil
            transaction?.published[view.name] = view
        } catch {
            rollback()
            throw error
        }
    }

    /// Sets the view's progress to `unknownOffset`; nothing when there is no such view.
    public func resetProgress(of name: String) throws(StoreError) {
        try requireTransaction()
        guard var entry = entry(of: name) else { return }
        entry.progress.forget()
        do {
            try progressTable.put(entry)
        } catch {
            rollback()
            throw StoreError(error, while: "progress was reset")
        }
        transaction?.changed[name] = .some(entry)
    }

    /// Drops the view's table and progress; a table that Leftfold did not make is left alone.
    public func drop(view name: String) throws(StoreError) {
        try requireTransaction()
        do {
            // A table that is not in the progress table is not ours.
            if entry(of: name) != nil || transaction?.published[name] != nil {
                try dropTable(of: name)
                try progressTable.remove(name)
            }
            try dropTable(of: NameRules.shadowPrefix + name)
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

    /// Removes a table of ours with its search index; nothing when there is none.
    func dropTable(of name: String) throws(SQLiteError) {
        try SearchIndex.drop(of: name, in: database)
        try database.execute("DROP TABLE IF EXISTS \(QualifiedName.quote(name))")
    }

    /// Starts a transaction unless one is open; returns whether it did.
    private func enter() throws(StoreError) -> Bool {
        guard transaction == nil else { return false }
        try beginWriting()
        return true
    }

    private func generation(of view: ViewTable) throws(StoreError) -> TableWriter {
        guard let writer = generations[view.name], writer.layout.view == view else {
            throw .inconsistent(view.name, "there is no unfinished generation of it")
        }
        return writer
    }

    private func createShadow(_ layout: TableLayout) throws(StoreError) {
        let suffix = try indexGeneration(of: layout.view.name)
        let search = try layout.search?.create() ?? []
        do {
            try dropTable(of: layout.table)
            try database.execute(layout.create)
            for statement in search { try database.execute(statement) }
            if let index = layout.writerIndex(named: "_leftfold_index_\(suffix)_\(layout.view.name)") {
                try database.execute(index)
            }
        } catch {
            throw StoreError(error, while: "a table for view \"\(layout.view.name)\" was made")
        }
        // Compiled now to find what is wrong with them; made when the rows are there, which is faster.
        for expressions in layout.view.indexes {
            do {
                _ = try database.prepare(layout.readerIndex(expressions, named: "_leftfold_try"), isPersistent: false)
            } catch {
                throw StoreError(
                    .unsupported,
                    "view \"\(layout.view.name)\" cannot have the index (\(expressions))",
                    detail: error.message,
                    hint: "correct the option index of the view"
                )
            }
        }
    }

    private func swapIn(_ layout: TableLayout) throws(StoreError) {
        let suffix = try indexGeneration(of: layout.view.name)
        do {
            for (number, expressions) in layout.view.indexes.enumerated() {
                let name = "_leftfold_index_\(suffix)_\(number)_\(layout.view.name)"
                try database.execute(layout.readerIndex(expressions, named: name))
            }
            let name = layout.view.name
            try dropTable(of: name)
            try database.execute("ALTER TABLE \(layout.quotedTable) RENAME TO \(QualifiedName.quote(name))")
            if let search = layout.search {
                let index = QualifiedName.quote(name + SearchIndex.suffix)
                try database.execute("ALTER TABLE \(search.quotedName) RENAME TO \(index)")
            }
        } catch {
            throw StoreError(error, while: "view \"\(layout.view.name)\" was published")
        }
    }

    /// A number that no index of the view's rows has in its name, in whichever table they lie by now.
    private func indexGeneration(of view: String) throws(StoreError) -> Int {
        let prefix = "_leftfold_index_"
        return try storing("the indexes of view \"\(view)\" were read") { () throws(SQLiteError) in
            let query = try database.prepare(
                """
                SELECT name FROM sqlite_schema WHERE type = 'index' AND substr(name, 1, \(prefix.count)) = '\(prefix)'
                    AND substr(name, -length(?1)) = ?1 COLLATE NOCASE
                """,
                isPersistent: false
            )
            try query.bind(1, text: view)
            var taken: Set<Int> = []
            while try query.step() {
                if let number = Int(query.text(0).dropFirst(prefix.count).prefix { $0 != "_" }) { taken.insert(number) }
            }
            var free = 0
            while taken.contains(free) { free += 1 }
            return free
        }
    }

    private func checkNoOtherCase(_ name: String) throws(StoreError) {
        let folded = NameRules.folded(name)
        let others = Array(entries.keys) + Array(generations.keys)
        guard let other = others.first(where: { $0 != name && NameRules.folded($0) == folded }) else { return }
        throw StoreError(
            .unsupported,
            "views \"\(other)\" and \"\(name)\" are one name in SQLite",
            detail: "SQLite ignores the case of letters in names",
            hint: "rename one of them, or give it another store"
        )
    }

    private func checkNamesAreFree(_ view: ViewTable) throws(StoreError) {
        if entry(of: view.name) == nil { try checkNameIsFree(view.name) }
        guard view.kind == .search else { return }
        let hasIndex = try storing("the search index of view \"\(view.name)\" was looked up") {
            () throws(SQLiteError) in
            try SearchIndex.isThere(of: view.name, in: database)
        }
        if entry(of: view.name) != nil, hasIndex { return }
        for name in SearchIndex.names(of: view.name) {
            guard try kindOfObject(named: name) != nil else { continue }
            throw namesClash(view.name, name, .nameTaken)
        }
    }

    /// Another view that is built just now may be named as the search index of this one, or the other way round.
    private func checkIndexNames(_ view: ViewTable) throws(StoreError) {
        func has(_ view: ViewTable, _ name: String) -> Bool {
            view.kind == .search && SearchIndex.names(of: NameRules.folded(view.name)).contains(NameRules.folded(name))
        }
        for other in generations.values.map(\.layout.view) {
            if has(view, other.name) { throw namesClash(view.name, other.name) }
            if has(other, view.name) { throw namesClash(other.name, view.name) }
        }
    }

    private func namesClash(_ view: String, _ name: String, _ code: StoreError.Code = .unsupported) -> StoreError {
        StoreError(
            code,
            "view \"\(view)\" needs the name \"\(name)\" for its search index, and \(path) has something else of that name",
            hint: "rename one of them"
        )
    }

    /// Another program may have made a table, view or index of this name in the file.
    private func checkNameIsFree(_ name: String) throws(StoreError) {
        guard let kind = try kindOfObject(named: name) else { return }
        let quoted = QualifiedName.quote(name)
        let statement = kind == "table" ? "ALTER TABLE \(quoted) RENAME TO …" : "DROP \(kind.uppercased()) \(quoted)"
        throw StoreError(
            .nameTaken,
            "\(path) has a \(kind) \"\(name)\" that Leftfold did not make",
            hint: "rename the view, or that \(kind): sqlite3 \(path) '\(statement)'"
        )
    }

    private func kindOfObject(named name: String) throws(StoreError) -> String? {
        try storing("the name \"\(name)\" was looked up") { () throws(SQLiteError) -> String? in
            let query = try database.prepare(
                "SELECT type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE",
                isPersistent: false
            )
            try query.bind(1, text: name)
            return try query.step() ? query.text(0) : nil
        }
    }
}
