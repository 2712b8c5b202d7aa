public import Relational
public import ViewStores

/// A generation is a journal: its rows lie beside the live ones until a commit puts them in place.
extension RedisStore {
    /// Makes an empty journal; looks first whether keys of the view's names are there that Leftfold did not make.
    public func beginGeneration(of view: ViewTable) throws(StoreError) {
        try NameRules.check(view)
        let writer = try RowWriter(view)
        if transaction?.repeated != nil { return }
        if transaction == nil { try requireOwner() }
        if entry(of: view.name) == nil { try requireFree(view.name) }
        if let unfinished = generations.removeValue(forKey: view.name) {
            try storing("an unfinished generation was removed") { () throws(RedisError) in
                try discard(unfinished.journal.number)
            }
        }
        generations[view.name] = Generation(writer: writer, journal: try makeJournal())
    }

    /// Walks over the keys of the database unless the store holds the view.
    public func checkName(of view: ViewTable) throws(StoreError) {
        try reconnect()
        if entry(of: view.name) == nil { try requireFree(view.name) }
    }

    /// Writes rows beside the live ones, a chunk ahead of the server's answers.
    ///
    /// After an error the generation is gone.
    public func append(_ rows: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        try view.checkWeights(rows)
        if transaction?.repeated != nil { return }
        let generation = try generation(of: view)
        do throws(StoreError) {
            try reconnect()
            _ = try generation.writer.begin(rows)
            if generation.writer.isBag {
                try merge(rows, generation)
            } else {
                try stage(rows, generation)
            }
        } catch {
            // Part of the rows is missing now: this generation must not be published.
            generations[view.name] = nil
            if connection.isOpen {
                try? storing("") { () throws(RedisError) in try discard(generation.journal.number) }
            }
            throw error
        }
        generation.writer.finish()
    }

    /// Rows of a view with a key: each must be the first of its key.
    private func stage(_ rows: borrowing ZSet, _ generation: Generation) throws(StoreError) {
        let writer = generation.writer
        let base = Array(names.staged(generation.journal.number).utf8)
        var owed: (first: Int, rest: Int)?
        var commands = CommandBuffer()
        while try writer.next(rows) {
            swap(&writer.chunk, &writer.waiting)
            commands.removeAll()
            appendEntries(writer, of: generation.journal, to: &commands)
            appendProbe(writer, base, to: &commands)
            writer.appendUpserts(to: &commands, under: base, ttl: 0, rows)
            try storing("rows were written") { () throws(RedisError) in try connection.send(commands) }
            if let owed { try takeStaged(owed, writer) }
            owed = (2, commands.commandCount - 2)
        }
        if let owed { try takeStaged(owed, writer) }
    }

    /// The question how many of the chunk's rows are there already.
    private func appendProbe(_ writer: RowWriter, _ base: [UInt8], to commands: inout CommandBuffer) {
        commands.begin("EXISTS", 1 + writer.waiting.changes.count)
        base.withUnsafeBytes { base in
            for index in 0..<writer.waiting.changes.count {
                commands.argument(base, writer.waiting.name(writer.waiting.changes[index]))
            }
        }
    }

    private func takeStaged(_ owed: (first: Int, rest: Int), _ writer: RowWriter) throws(StoreError) {
        let found = try storing("rows were written") { () throws(RedisError) in
            _ = try connection.success()
            let found = try connection.success().integer ?? 0
            try takeSuccesses(owed.rest)
            return found
        }
        guard found == 0 else { throw .inconsistent(writer.view.name, "a new generation has two rows of one key") }
    }

    /// Rows of a bag: equal ones are counted.
    private func merge(_ rows: borrowing ZSet, _ generation: Generation) throws(StoreError) {
        let writer = generation.writer
        let base = Array(names.staged(generation.journal.number).utf8)
        while try writer.next(rows) {
            swap(&writer.chunk, &writer.waiting)
            var commands = CommandBuffer()
            commands.begin("MGET", 1 + writer.waiting.changes.count)
            base.withUnsafeBytes { base in
                for index in 0..<writer.waiting.changes.count {
                    commands.argument(base, writer.waiting.name(writer.waiting.changes[index]))
                }
            }
            let held = try storing("rows were read") { () throws(RedisError) in
                try connection.send(commands)
                return try connection.success()
            }
            for index in 0..<writer.waiting.changes.count {
                let value = held[index]
                try writer.check(index, value?.isNil == false ? value : nil, rows)
            }
            commands.removeAll()
            appendEntries(writer, of: generation.journal, to: &commands)
            writer.appendUpserts(to: &commands, under: base, ttl: 0, rows)
            try storing("rows were written") { () throws(RedisError) in
                try connection.send(commands)
                try takeSuccesses(commands.commandCount)
            }
        }
    }

    /// Notes that the generation takes the place of the live rows with the commit.
    public func publish(_ view: ViewTable) throws(StoreError) {
        try requireTransaction()
        if transaction?.repeated?.published.contains(view.name) == true { return }
        do throws(StoreError) {
            _ = try generation(of: view)
            if entry(of: view.name) == nil { try requireFree(view.name) }
            transaction?.published.insert(view.name)
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
        transaction?.changed[name] = .some(entry)
    }

    /// Removes the view's rows and progress with the commit; keys that Leftfold did not make are left alone.
    public func drop(view name: String) throws(StoreError) {
        try requireTransaction()
        if transaction?.repeated != nil { return }
        if let unfinished = generations.removeValue(forKey: name) {
            try? storing("") { () throws(RedisError) in try discard(unfinished.journal.number) }
        }
        transaction?.published.remove(name)
        transaction?.applied.remove(name)
        writers[name] = nil
        if entry(of: name) != nil { transaction?.changed[name] = .some(nil) }
    }

    private func generation(of view: ViewTable) throws(StoreError) -> Generation {
        guard let generation = generations[view.name], generation.writer.view == view else {
            throw .inconsistent(view.name, "no generation of this version was begun")
        }
        guard !generation.isSpoiled else {
            throw .inconsistent(
                view.name,
                "its generation is not as it was written: the server was restarted meanwhile"
            )
        }
        return generation
    }

    // MARK: Names that are taken

    /// - Throws: `nameTaken` when there are keys of the view's names although the store does not hold the view.
    private func requireFree(_ view: String) throws(StoreError) {
        var found: String?
        try storing("the keys of view \"\(view)\" were looked up") { () throws(RedisError) in
            try forEachName(of: view) { (name) throws(RedisError) in
                if found == nil { found = String(decoding: name.prefix(200), as: UTF8.self) }
                return false
            }
        }
        guard let found else { return }
        throw StoreError(
            .nameTaken,
            "\(location) has keys of view \"\(view)\" that Leftfold did not make",
            detail: "the first is \(names.live)\(found)",
            hint: "rename the view, give the store another prefix, or remove them: "
                + "redis-cli \(address.clientArguments) -n \(address.database) --scan --pattern '\(names.pattern(of: view))'"
        )
    }

    /// Goes through the names of a view's live rows, without the prefix, some of them twice; ends when `body` says false.
    func forEachName(
        of view: String,
        _ body: (UnsafeRawBufferPointer) throws(RedisError) -> Bool
    ) throws(RedisError) {
        let single = names.live + KeyNames.escaped(view)
        if try connection.call("EXISTS", single).integer == 1 {
            let name = Array(KeyNames.escaped(view).utf8)
            var slab = ByteSlab()
            name.withUnsafeBytes { slab.append($0) }
            guard try body(slab.bytes) else { return }
        }
        var cursor = "0"
        let start = names.live.utf8.count
        repeat {
            let answer = try connection.call("SCAN", cursor, "MATCH", names.pattern(of: view), "COUNT", "5000")
            cursor = answer[0]?.text ?? "0"
            guard let keys = answer[1] else { return }
            for index in 0..<keys.count {
                guard let key = keys[index]?.bytes, key.count > start else { continue }
                guard try body(UnsafeRawBufferPointer(rebasing: key[start...])) else { return }
            }
        } while cursor != "0"
    }
}
