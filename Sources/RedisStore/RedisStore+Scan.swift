#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
public import Relational
public import ViewStores

extension RedisStore {
    /// Bytes of rows after which a batch is handed over.
    private static let batchByteCount = 1 << 20
    private static let keyCount = 1000
    private static let attempts = 5
    /// How long a commit in parts is waited for.
    private static let partsWait = 100

    /// Reads the rows in the order of their keys' bytes, in batches of about 1 MiB.
    ///
    /// Walks over all keys of the database and holds the names of the view's. The owner hands batches over as they come; any other
    /// reader holds all rows until it has seen that no commit came between, and begins anew if one did.
    ///
    /// - Throws: `inconsistent` for a key whose value is no row of the view, or another key's; `unsupported` inside a transaction
    ///   that changes the view.
    public func scan(_ view: ViewTable, _ body: (borrowing ZSet) throws -> Void) throws {
        guard transaction?.changed[view.name] == nil, transaction?.applied.contains(view.name) != true,
            transaction?.published.contains(view.name) != true
        else {
            throw StoreError(.unsupported, "view \"\(view.name)\" is read in a transaction that changes it")
        }
        guard owner == nil else {
            if hasPendingParts { try finishParts() }
            _ = try layout(of: view)
            return try readRows(view, body)
        }
        for _ in 0..<Self.attempts {
            try waitForParts(of: view)
            let before = try layout(of: view)
            let held = HeldRows()
            do {
                try readRows(view) { (rows) in held.append(rows) }
            } catch let error as StoreError where error.code == .inconsistent {
                // Rows of two moments may not fit together; ones of a single moment must.
                guard try layout(of: view) != before else { throw error }
                continue
            }
            if try layout(of: view) == before, try !hasParts(of: view) { return try held.forEach(body) }
        }
        throw StoreError(
            .unavailable,
            "view \"\(view.name)\" changes faster than it can be read",
            hint: "try again, or read it through the daemon: leftfold verify \(view.name)"
        )
    }

    /// Batches of rows: noncopyable values cannot be in an array.
    private final class HeldRows {
        private var rows = ZSet()

        func append(_ more: borrowing ZSet) {
            for index in 0..<more.count { rows.append(more.row(at: index), weight: 1) }
        }

        func forEach(_ body: (borrowing ZSet) throws -> Void) throws {
            if !rows.isEmpty { try body(rows) }
        }
    }

    /// The view's entry, which must be of the same columns and key.
    private func layout(of view: ViewTable) throws(StoreError) -> ProgressEntry {
        let held = try reading("progress was read") { () throws(RedisError) in try readEntries() }
        guard let entry = held[view.name] else {
            throw .noView(view.name, in: location)
        }
        guard try entry.layout == ProgressEntry.layout(of: view) else {
            throw .inconsistent(view.name, "the store holds it with other columns or another key")
        }
        return entry
    }

    private func hasParts(of view: ViewTable) throws(StoreError) -> Bool {
        let pending = try reading("the parts of a commit were looked up") { () throws(RedisError) in
            Self.dictionary(try connection.call("HGETALL", names.pending))
        }
        return pending.values.contains { $0.split(separator: " ", maxSplits: 3).last.map(String.init) == view.name }
    }

    private func waitForParts(of view: ViewTable) throws(StoreError) {
        for _ in 0..<Self.partsWait {
            if try !hasParts(of: view) { return }
            usleep(50_000)
        }
        throw StoreError(
            .unavailable,
            "a commit of view \"\(view.name)\" is not wholly in place",
            detail: "redis-cli \(address.clientArguments) HGETALL \(names.pending) shows its parts",
            hint: "leftfold run finishes it"
        )
    }

    // MARK: Rows

    private func readRows(_ view: ViewTable, _ body: (borrowing ZSet) throws -> Void) throws {
        var reader = try RowReader(view, prefix: names.live)
        var list = NameList()
        try storing("the keys of view \"\(view.name)\" were listed") { () throws(RedisError) in
            try forEachName(of: view.name) { (name) throws(RedisError) in
                list.append(name)
                return true
            }
        }
        list.sort()
        var rows = ZSet()
        var start = 0
        while start < list.count {
            let end = min(start + Self.keyCount, list.count)
            try storing("rows were read") { () throws(RedisError) in
                try connection.send(reader.commands(list, start..<end))
            }
            try read(&reader, list, start..<end, into: &rows)
            if rows.byteCount >= Self.batchByteCount {
                try body(rows)
                rows.removeAll()
            }
            start = end
        }
        if !rows.isEmpty { try body(rows) }
    }

    private func read(
        _ reader: inout RowReader,
        _ list: borrowing NameList,
        _ range: Range<Int>,
        into rows: inout ZSet
    ) throws(StoreError) {
        if reader.form.isHash {
            for index in range {
                let answer = try storing("rows were read") { () throws(RedisError) in try connection.reply() }
                try reader.append(answer, list[index], to: &rows)
            }
            return
        }
        let answer = try storing("rows were read") { () throws(RedisError) in try connection.success() }
        for (place, index) in range.enumerated() {
            guard let value = answer[place] else { continue }
            try reader.append(value, list[index], to: &rows)
        }
    }
}
