import Relational
import ViewStores

/// Deltas on their way to the server.
extension RedisStore {
    /// Where the rows of a delta are read and written.
    private enum Target {
        /// Live rows, written with the commit.
        case live
        /// Live rows, written beside them for the commit to put in place.
        case journal(Journal)
        /// The rows of a generation that this transaction publishes.
        case generation(Journal)
    }

    func write(_ delta: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        if transaction?.published.contains(view.name) == true {
            guard let made = generations[view.name], made.writer.view == view else {
                throw .inconsistent(view.name, "another version of it was published")
            }
            _ = try made.writer.begin(delta)
            // From the first row on the generation is another one, whatever becomes of the rest.
            transaction?.applied.insert(view.name)
            return try stream(delta, made.writer, .generation(made.journal))
        }
        let writer = try writer(for: view)
        let keyCount = try writer.begin(delta)
        if let (journal, _) = transaction?.journals[view.name] {
            return try stream(delta, writer, .journal(journal))
        }
        let isDirect =
            (transaction?.directKeyCount ?? 0) + keyCount <= options.directKeyCount
            && pending.slab.count + delta.byteCount <= options.directByteCount
        if isDirect {
            transaction?.directKeyCount += keyCount
            try stream(delta, writer, .live)
        } else {
            let journal = try makeJournal()
            transaction?.journals[view.name] = (journal, writer.form.ttl)
            try stream(delta, writer, .journal(journal))
        }
    }

    private func writer(for view: ViewTable) throws(StoreError) -> RowWriter {
        guard let entry = entry(of: view.name) else {
            throw .noView(view.name, in: location)
        }
        guard !strayed.contains(view.name) || entry.progress.offset == StoreProgress.unknownOffset else {
            throw .inconsistent(
                view.name,
                "its rows in \(location) are not those that were written last",
                detail: "the server has them at offset \(entry.progress.offset): it lost writes, or was restored"
            )
        }
        let layout = try ProgressEntry.layout(of: view)
        guard entry.progress.version == view.version, entry.layout == layout else {
            throw .inconsistent(
                view.name,
                "the store holds another version of it",
                detail: "version \(entry.progress.version), not \(view.version)"
            )
        }
        if let writer = writers[view.name], writer.view == view { return writer }
        let writer = try RowWriter(view)
        writers[view.name] = writer
        return writer
    }

    /// Reads what is there a chunk ahead of comparing and writing it.
    private func stream(_ delta: borrowing ZSet, _ writer: RowWriter, _ target: Target) throws(StoreError) {
        defer { writer.finish() }
        var hasWaiting = false
        // Answers of writes that come after those of the reads sent before them.
        var owedWrites = 0
        while true {
            let hasNext = try writer.next(delta)
            if hasNext { try storing("rows were read") { () throws(RedisError) in try sendReads(writer, target) } }
            if hasWaiting {
                try readAndCheck(writer, delta)
                try storing("rows were written") { () throws(RedisError) in
                    try takeSuccesses(owedWrites)
                    owedWrites = try send(writer, target, delta)
                }
            }
            guard hasNext else { break }
            swap(&writer.chunk, &writer.waiting)
            hasWaiting = true
        }
        try storing("rows were written") { () throws(RedisError) in try takeSuccesses(owedWrites) }
    }

    /// One MGET for the chunk's documents, or an HGETALL for each hash.
    private func sendReads(_ writer: RowWriter, _ target: Target) throws(RedisError) {
        let base: [UInt8]
        switch target {
        case .live, .journal: base = Array(names.live.utf8)
        case .generation(let journal): base = Array(names.staged(journal.number).utf8)
        }
        var commands = CommandBuffer()
        let count = writer.chunk.changes.count
        base.withUnsafeBytes { base in
            if !writer.form.isHash { commands.begin("MGET", 1 + count) }
            for index in 0..<count {
                if writer.form.isHash { commands.begin("HGETALL", 2) }
                commands.argument(base, writer.chunk.name(writer.chunk.changes[index]))
            }
        }
        try connection.send(commands)
    }

    private func readAndCheck(_ writer: RowWriter, _ delta: borrowing ZSet) throws(StoreError) {
        let count = writer.waiting.changes.count
        if writer.form.isHash {
            for index in 0..<count {
                let answer = try storing("rows were read") { () throws(RedisError) in try connection.reply() }
                // Anything else than a hash is another one's: it is no row of ours.
                if let error = answer.error, error.word != "WRONGTYPE" {
                    throw StoreError(error, while: "rows were read")
                }
                try writer.check(index, answer, delta)
            }
            return
        }
        let answer = try storing("rows were read") { () throws(RedisError) in try connection.success() }
        guard answer.count == count else {
            throw StoreError(.engine, "the server answered \(answer.count) of \(count) rows")
        }
        for index in 0..<count {
            let held = answer[index]
            try writer.check(index, held?.isNil == false ? held : nil, delta)
        }
    }

    /// Sends the chunk's writes, or notes them for the commit; returns how many answers are to come.
    private func send(_ writer: RowWriter, _ target: Target, _ delta: borrowing ZSet) throws(RedisError) -> Int {
        switch target {
        case .live:
            let base = Array(names.live.utf8)
            writer.appendDeletes(to: &pending, under: base)
            writer.appendUpserts(to: &pending, under: base, ttl: writer.form.ttl, delta)
            return 0
        case .journal(let journal):
            var commands = CommandBuffer()
            appendEntries(writer, of: journal, to: &commands)
            writer.appendUpserts(to: &commands, under: Array(names.staged(journal.number).utf8), ttl: 0, delta)
            try connection.send(commands)
            return commands.commandCount
        case .generation(let journal):
            var commands = CommandBuffer()
            appendEntries(writer, of: journal, to: &commands)
            let base = Array(names.staged(journal.number).utf8)
            writer.appendDeletes(to: &commands, under: base)
            writer.appendUpserts(to: &commands, under: base, ttl: 0, delta)
            try connection.send(commands)
            return commands.commandCount
        }
    }

    func takeSuccesses(_ count: Int) throws(RedisError) {
        for _ in 0..<count { _ = try connection.success() }
    }

    // MARK: Journals

    /// A new journal, noted among the open ones.
    func makeJournal() throws(StoreError) -> Journal {
        try storing("a journal was made") { () throws(RedisError) in
            try connection.skipOwed()
            let number = try connection.call("INCR", names.counter).integer ?? 0
            try connection.call("SADD", names.open, String(number))
            return Journal(number)
        }
    }

    /// The command that lists the waiting changes as a part of their own; it stands before the rows, so that none is ever unlisted.
    func appendEntries(_ writer: RowWriter, of journal: Journal, to commands: inout CommandBuffer) {
        let count = writer.waiting.changes.count
        commands.begin("RPUSH", 2 + count)
        commands.argument(names.part(journal.number, journal.partCount))
        let marks: [UInt8] = [UInt8(ascii: "+"), UInt8(ascii: "-")]
        marks.withUnsafeBytes { marks in
            for index in 0..<count {
                let change = writer.waiting.changes[index]
                let mark = writer.leavesRow(change) ? 0 : 1
                commands.argument(
                    UnsafeRawBufferPointer(rebasing: marks[mark...mark]),
                    writer.waiting.name(change)
                )
            }
        }
        journal.partCount += 1
        journal.entryCount += count
    }

    /// Removes a journal that was given up, part by part.
    func discard(_ journal: Int64) throws(RedisError) {
        var number = 0
        while true {
            let answer = try connection.call(
                "EVAL",
                Scripts.discard,
                "0",
                String(journal),
                names.prefix,
                String(number)
            )
            guard let count = answer.integer, count > 0 else { break }
            number += 1
        }
        try connection.call("SREM", names.open, String(journal))
    }

    /// Puts the rows of committed journals in place.
    ///
    /// - Throws: `foreign` when a later owner does so.
    func finishParts() throws(StoreError) {
        guard let owner else { return }
        try reading("the parts of a commit were written") { () throws(RedisError) in
            let numbers = Self.dictionary(try connection.call("HGETALL", names.pending)).keys
            for number in numbers.compactMap({ Int64($0) }).sorted() {
                while true {
                    let answer = try connection.call(carryOut(number, owner))
                    guard let left = answer.integer, left > 0 else { break }
                }
            }
        }
        hasPendingParts = false
    }

    /// The command that puts one part of a journal in place.
    func carryOut(_ journal: Int64, _ owner: Owner) -> [String] {
        [
            "EVAL", Scripts.carryOut, "2", names.owner, names.pending, String(owner.token), String(journal),
            names.prefix,
        ]
    }
}
