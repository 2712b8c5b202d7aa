import Relational

/// The changes of one epoch to a table with a key.
///
/// 1. While nothing but inserts comes, row `i` and key `i` are change `i`, and nothing is looked up: the arrangement finds a key
///    that is there already when the rows are staged.
/// 2. The first other record builds an index of the changes by key. From then on each key has one change: whether the table must have held
///    it before the epoch, and its row now.
/// 3. The state of a key takes nothing for granted: it replaces the key's change, or becomes one that says nothing of before.
/// 4. `step` looks all keys up in the table, checks what the changes take for granted, and puts out old row −1, new row +1, side by side.
///    States of keys that are all new are staged as they came.
struct KeyedChanges: ~Copyable {
    /// Whether the table held a key before the epoch.
    enum Before: UInt8 {
        case absent
        case held
        case either
    }

    struct Change: BitwiseCopyable {
        /// Index into `rows`; −1 when the key has no row now.
        var row: Int
        var before: Before
    }

    private let layout: KeyLayout
    private let types: [ScalarType]
    private var rows = ZSet()
    private var keys = KeyBatch()
    private var changes = GrowableBuffer<Change>()
    private var index = KeyIndex()
    private var isIndexed = false
    /// Whether every row held before the epoch is gone.
    private var isTruncated = false
    /// Whether some change is the state of a key.
    private var hasStates = false

    init(layout: KeyLayout, types: [ScalarType]) {
        self.layout = layout
        self.types = types
    }

    var isEmpty: Bool { keys.count == 0 }

    // MARK: Records

    /// `isState` says that the record is the state of its key, whatever the table holds.
    mutating func ingest(
        _ record: ChangeRecord,
        _ map: RecordMap,
        isState: Bool,
        over table: Arrangement
    ) throws(DataflowError) {
        if isState {
            hasStates = true
            buildIndex()
        }
        switch record.operation {
        case .insert:
            guard let new = record.newRow else { throw Self.missing("an insert has no row") }
            map.project(new, weight: 1, into: &rows)
            layout.append(rows.row(at: rows.count - 1), to: &keys)
            if isIndexed { try addLastRow(isState) }
        case .update:
            guard let new = record.newRow else { throw Self.missing("an update has no row") }
            buildIndex()
            try update(record, new, map, isState, over: table)
        case .delete:
            guard let old = record.oldRow else { throw Self.missing("a delete has no key") }
            buildIndex()
            map.oldKey.append(old, to: &keys)
            try replaceRow(by: -1, isState)
        case .truncate:
            seal()
            isIndexed = true
            isTruncated = true
        }
    }

    private mutating func update(
        _ record: ChangeRecord,
        _ new: RowView,
        _ map: RecordMap,
        _ isState: Bool,
        over table: Arrangement
    ) throws(DataflowError) {
        let unchanged = map.unchangedColumns(of: record)
        map.project(new, weight: 1, into: &rows)
        if !unchanged.isEmpty { try complete(unchanged, record, map, over: table) }
        let row = rows.count - 1
        layout.append(rows.row(at: row), to: &keys)
        guard let old = record.oldRow else { return try replaceRow(by: row, isState) }
        var oldKey = KeyBatch()
        map.oldKey.append(old, to: &oldKey)
        if oldKey.bytes(at: 0).elementsEqual(keys.bytes(at: keys.count - 1)) {
            try replaceRow(by: row, isState)
        } else {
            var newKey = KeyBatch()
            newKey.append(keys, at: keys.count - 1)
            keys.removeLast()
            keys.append(oldKey, at: 0)
            try replaceRow(by: -1, isState)
            keys.append(newKey, at: 0)
            try addLastRow(isState)
        }
    }

    /// Gives the last row, whose key is the last key, to a key that must have none, unless it is a state.
    private mutating func addLastRow(_ isState: Bool) throws(DataflowError) {
        if isState { return setRow(rows.count - 1) }
        let found = findLastKey()
        if found >= 0 {
            keys.removeLast()
            guard changes[found].row < 0 else { throw DataflowError(.duplicateKey, "an inserted row is already there") }
            changes[found].row = rows.count - 1
        } else {
            addChange(Change(row: rows.count - 1, before: .absent))
        }
    }

    /// Replaces the row of the last key, which must have one, unless it is a state.
    private mutating func replaceRow(by row: Int, _ isState: Bool) throws(DataflowError) {
        if isState { return setRow(row) }
        let found = findLastKey()
        if found >= 0 {
            keys.removeLast()
            guard changes[found].row >= 0 else { throw Self.missing("a changed row is not there") }
            changes[found].row = row
        } else {
            guard !isTruncated else { throw Self.missing("a changed row is not there") }
            addChange(Change(row: row, before: .held))
        }
    }

    /// Gives the last key this row, none when it is −1, whatever it had.
    private mutating func setRow(_ row: Int) {
        let found = findLastKey()
        if found >= 0 {
            keys.removeLast()
            changes[found].row = row
        } else {
            addChange(Change(row: row, before: .either))
        }
    }

    private mutating func addChange(_ change: Change) {
        changes.append(change)
        index.insert(keys.hash(at: keys.count - 1), UInt32(truncatingIfNeeded: changes.count))
    }

    /// The change of the last key, or −1.
    private func findLastKey() -> Int { find(keys.bytes(at: keys.count - 1), keys.hash(at: keys.count - 1)) }

    private func find(_ key: UnsafeRawBufferPointer, _ hash: UInt64) -> Int {
        var position = index.home(hash)
        while index.slots[position] != 0 {
            let slot = index.slots[position]
            if slot >> 32 == KeyIndex.tag(hash) {
                let change = Int(slot & 0xFFFF_FFFF) &- 1
                if keys.bytes(at: change).isSame(as: key) { return change }
            }
            position = (position &+ 1) & index.mask
        }
        return -1
    }

    /// Indexes the inserts so far. Two of one key are left to the check of the table, which sees both.
    private mutating func buildIndex() {
        guard !isIndexed else { return }
        isIndexed = true
        for row in 0..<keys.count {
            changes.append(Change(row: row, before: .absent))
            index.insert(keys.hash(at: row), UInt32(truncatingIfNeeded: changes.count))
        }
    }

    /// Fills unchanged columns of the last row from the row that its key has now.
    private mutating func complete(
        _ unchanged: [Int],
        _ record: ChangeRecord,
        _ map: RecordMap,
        over table: Arrangement
    ) throws(DataflowError) {
        var key = KeyBatch()
        if let old = record.oldRow {
            map.oldKey.append(old, to: &key)
        } else {
            layout.append(rows.row(at: rows.count - 1), to: &key)
        }
        var elder = ZSet()
        let found = find(key.bytes(at: 0), key.hash(at: 0))
        if found >= 0 {
            if changes[found].row >= 0 { elder.append(rows.row(at: changes[found].row), weight: 1) }
        } else if !isTruncated {
            try table.match(key, at: .before) { batch throws(DataflowError) in
                elder.append(batch.row(at: 0), weight: 1)
            }
        }
        guard elder.count == 1 else { throw Self.missing("a changed row is not there") }
        rows.replaceLast(with: elder.row(at: 0), columns: unchanged, types: types)
    }

    private static func missing(_ message: String) -> DataflowError { DataflowError(.missingRow, message) }

    // MARK: Step

    /// Stages the changes in the table and puts them out, each row once.
    mutating func step(over table: Arrangement, into output: inout ZSet) throws(DataflowError) {
        if !isIndexed {
            guard !rows.isEmpty else { return }
            try table.stage(rows, keys: keys)
            swap(&rows, &output)
        } else if isTruncated {
            try replaceTable(table, into: &output)
        } else if try bringsOnlyNewKeys(table) {
            try table.stage(rows, keys: keys, isSound: true)
            swap(&rows, &output)
        } else {
            try applyChanges(table, into: &output)
        }
    }

    /// Whether states brought each key once, each with a row, and the table holds none of them.
    private func bringsOnlyNewKeys(_ table: Arrangement) throws(DataflowError) -> Bool {
        guard hasStates, rows.count == changes.count else { return false }
        for change in 0..<changes.count where changes[change].row != change || changes[change].before == .held {
            return false
        }
        guard table.rowCount > 0 else { return true }
        var present = GrowableBuffer<Bool>(capacity: keys.count)
        try table.presence(of: keys, at: .before, into: &present)
        for index in 0..<present.count where present[index] { return false }
        return true
    }

    private func applyChanges(_ table: Arrangement, into output: inout ZSet) throws(DataflowError) {
        var isOut = GrowableBuffer<Bool>(capacity: changes.count)
        isOut.resize(to: changes.count, filling: false)
        // Each change belongs to one piece.
        let out = isOut.base
        let lookup = table.lookup(keys)
        var all = Output()
        swap(&all.rows, &output)
        defer { swap(&all.rows, &output) }
        let count = lookup.pieceCount
        let isAlone = table.crew.workers == 1 || count < 2
        if isAlone {
            for piece in 0..<count { try putOut(piece, of: lookup, in: table, noting: out, into: &all) }
        } else {
            try table.crew.gather(count, table.crew.changes, into: &all) { piece, output throws(DataflowError) in
                try putOut(piece, of: lookup, in: table, noting: out, into: &output)
            } take: { piece, all throws(DataflowError) in
                all.take(&piece)
            }
        }
        for change in 0..<changes.count where !isOut[change] { try putOut(change, nil, into: &all) }
        try table.stage(all.rows, keys: all.keys, isSound: true)
    }

    /// Puts out the changes of the rows that are there, of one piece of the keys.
    private func putOut(
        _ piece: Int,
        of lookup: borrowing Lookup,
        in table: Arrangement,
        noting isOut: UnsafeMutablePointer<Bool>,
        into output: inout Output
    ) throws(DataflowError) {
        try table.match(keys, piece, of: lookup, at: .before) { batch throws(DataflowError) in
            for index in 0..<batch.count {
                let change = batch.keyIndex(at: index)
                try putOut(change, batch.row(at: index), into: &output)
                isOut[change] = true
            }
        }
    }

    /// Rows that go out, and their keys.
    struct Output: ~Copyable {
        fileprivate var rows = ZSet()
        fileprivate var keys = KeyBatch()

        fileprivate mutating func take(_ other: inout Output) {
            rows.append(contentsOf: other.rows)
            keys.append(contentsOf: other.keys)
            other.rows.endEpoch()
            other.keys.endEpoch()
        }
    }

    @inline(__always)
    private func putOut(_ change: Int, _ old: RowView?, into output: inout Output) throws(DataflowError) {
        switch changes[change].before {
        case .held where old == nil: throw Self.missing("a changed row is not there")
        case .absent where old != nil: throw DataflowError(.duplicateKey, "an inserted row is already there")
        case .absent, .held, .either: break
        }
        let row = changes[change].row
        if let old {
            if row >= 0 && rows.row(at: row).hasSameImage(as: old) { return }
            output.rows.append(old, weight: -1)
            output.keys.append(keys, at: change)
        }
        if row >= 0 {
            output.rows.append(rows.row(at: row), weight: 1)
            output.keys.append(keys, at: change)
        }
    }

    private func replaceTable(_ table: Arrangement, into output: inout ZSet) throws(DataflowError) {
        try table.forEach(at: .before) { batch throws(DataflowError) in
            for index in 0..<batch.count { output.append(batch.row(at: index), weight: -1) }
        }
        for change in 0..<changes.count where changes[change].row >= 0 {
            output.append(rows.row(at: changes[change].row), weight: 1)
        }
        try output.consolidateChecked()
        var outputKeys = KeyBatch()
        layout.append(output, to: &outputKeys)
        try table.stage(output, keys: outputKeys, isSound: true)
    }

    mutating func seal() {
        rows.endEpoch()
        keys.endEpoch()
        guard isIndexed else { return }
        changes.endEpoch()
        index = KeyIndex()
        isIndexed = false
        isTruncated = false
        hasStates = false
    }
}
