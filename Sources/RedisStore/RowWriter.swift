import Relational
import ViewStores

/// Turns a view's deltas into names and documents, a chunk of keys at a time.
///
/// 1. The rows are brought into the order of their keys; the rows of one key are its change: at most one row that ends and one that
///    begins.
/// 2. A chunk holds the changes of up to a thousand keys, or half a MiB of documents.
/// 3. The store reads what is there under the chunk's names, and `check` compares it with the rows that end.
final class RowWriter {
    /// What becomes of one key. Places are those of the chunk's slabs; a count of -1 is no document.
    struct Change: BitwiseCopyable {
        var nameStart: Int
        var nameCount: Int
        var oldRow = -1
        var newRow = -1
        var oldStart = 0
        var oldCount = -1
        var newStart = 0
        var newCount = -1
        /// What a bag's row is to gain.
        var weight: Int64 = 0
    }

    struct Chunk: ~Copyable {
        var names = ByteSlab()
        var documents = ByteSlab()
        var changes = GrowableBuffer<Change>()

        func name(_ change: Change) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: names.bytes[change.nameStart..<(change.nameStart + change.nameCount)])
        }

        func new(_ change: Change) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: documents.bytes[change.newStart..<(change.newStart + change.newCount)])
        }

        func old(_ change: Change) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: documents.bytes[change.oldStart..<(change.oldStart + change.oldCount)])
        }

        mutating func removeAll() {
            names.removeAll()
            documents.removeAll()
            names.shrink(keeping: 1 << 20)
            documents.shrink(keeping: 4 << 20)
            changes.removeAll()
        }
    }

    private static let chunkKeyCount = 1000
    private static let chunkByteCount = 512 << 10
    /// What the server takes as one value unless it is told otherwise.
    private static let documentByteCountMax = 512 << 20

    let view: ViewTable
    let form: CacheForm
    let isBag: Bool
    var chunk = Chunk()
    /// The chunk whose answers are awaited.
    var waiting = Chunk()
    private var order = DeltaOrder()
    private var position = 0
    private let shape: DeltaOrder.Shape
    private var names: KeyWriter
    private var documents: DocumentEncoder
    private var fields: HashFields
    private var decoder: DocumentDecoder
    private var decoded = ZSet()
    private let notNull: [Int]

    init(_ view: ViewTable) throws(StoreError) {
        self.view = view
        form = try CacheForm(view)
        shape = DeltaOrder.Shape(view)
        isBag = view.key == nil
        names = KeyWriter(view)
        documents = DocumentEncoder(view)
        fields = HashFields(view)
        decoder = DocumentDecoder(view)
        // The keys of a cache are never NULL, whatever the columns say.
        let key = view.kind == .cache ? view.key ?? [] : []
        notNull = view.columns.indices.filter { view.columns[$0].isNotNull || key.contains($0) }
    }

    // MARK: Chunks

    /// Takes a delta and returns how many keys it changes.
    func begin(_ delta: borrowing ZSet) throws(StoreError) -> Int {
        position = 0
        try order.fill(delta, of: view, shape)
        if shape == .bag { return order.count }
        var count = order.count
        for index in 1..<max(order.count, 1) where order.hasEqualKeys(index - 1, index) { count -= 1 }
        return count
    }

    /// Fills `chunk` with the next changes; false when there are none left.
    func next(_ delta: borrowing ZSet) throws(StoreError) -> Bool {
        chunk.removeAll()
        while position < order.count, chunk.changes.count < Self.chunkKeyCount,
            chunk.documents.count < Self.chunkByteCount
        {
            var end = position + 1
            if shape != .bag {
                while end < order.count, order.hasEqualKeys(position, end) { end += 1 }
            }
            try appendChange(delta, end)
            position = end
        }
        return chunk.changes.count > 0
    }

    /// Frees what a huge delta needed.
    func finish() {
        order.shrink()
        chunk.removeAll()
        waiting.removeAll()
        decoded.removeAll()
    }

    private func appendChange(_ delta: borrowing ZSet, _ end: Int) throws(StoreError) {
        var change = Change(nameStart: chunk.names.count, nameCount: 0)
        for index in position..<end {
            let row = order[index].row
            let weight = delta.weight(at: row)
            if weight > 0 { try view.checkValues(delta.row(at: row), in: notNull) }
            if isBag {
                change.newRow = row
                change.weight = weight
            } else if weight == -1, change.oldRow < 0, change.newRow < 0 {
                change.oldRow = row
            } else if weight == 1, change.newRow < 0 {
                change.newRow = row
            } else {
                throw .inconsistent(view.name, "a delta has several rows for one key")
            }
        }
        names.append(delta.row(at: change.newRow >= 0 ? change.newRow : change.oldRow), to: &chunk.names)
        change.nameCount = chunk.names.count - change.nameStart
        if !isBag, !form.isHash { try appendDocuments(delta, &change) }
        chunk.changes.append(change)
    }

    private func appendDocuments(_ delta: borrowing ZSet, _ change: inout Change) throws(StoreError) {
        if change.oldRow >= 0 {
            change.oldStart = chunk.documents.count
            documents.append(delta.row(at: change.oldRow), to: &chunk.documents)
            change.oldCount = chunk.documents.count - change.oldStart
        }
        if change.newRow >= 0 {
            change.newStart = chunk.documents.count
            documents.append(delta.row(at: change.newRow), to: &chunk.documents)
            change.newCount = chunk.documents.count - change.newStart
            try requireSize(change.newCount)
        }
    }

    private func requireSize(_ byteCount: Int) throws(StoreError) {
        guard byteCount > Self.documentByteCountMax else { return }
        throw StoreError(
            .unsupported,
            "a document of view \"\(view.name)\" has \(byteCount) bytes, and Redis takes 512 MB",
            hint: "select fewer or smaller columns, or give the view another store"
        )
    }

    // MARK: What is there

    /// Compares what the server holds under the name of a waiting change with what the delta takes for granted.
    func check(_ index: Int, _ held: RedisValue?, _ delta: borrowing ZSet) throws(StoreError) {
        let change = waiting.changes[index]
        let isThere = form.isHash ? (held?.count ?? 0) > 0 : held?.bytes != nil
        if isBag { return try count(index, held, delta) }
        guard change.oldRow >= 0 else {
            if isThere { throw contradiction(change, "there is a row of this key already") }
            return
        }
        guard isThere, let held else {
            // What has expired is not missed.
            if form.ttl > 0 { return }
            throw contradiction(change, "the row that is to change is not there")
        }
        let row = delta.row(at: change.oldRow)
        if form.isHash {
            guard fields.isImage(held, of: row) else {
                throw contradiction(change, "the row that is to change is another one")
            }
            return
        }
        guard let bytes = held.bytes, !bytes.elementsEqual(waiting.old(change)) else { return }
        decoded.removeAll()
        guard decoder.append(bytes, to: &decoded) != nil, decoded.row(at: 0).hasSameImage(as: row) else {
            throw contradiction(change, "the row that is to change is another one")
        }
    }

    /// Works out how many equal rows of a bag there are to be, and their document.
    private func count(_ index: Int, _ held: RedisValue?, _ delta: borrowing ZSet) throws(StoreError) {
        var change = waiting.changes[index]
        var before: Int64 = 0
        if let bytes = held?.bytes {
            decoded.removeAll()
            guard let count = decoder.append(bytes, to: &decoded) else {
                throw contradiction(change, "what is there is no row")
            }
            before = count
        }
        let (after, isTooLarge) = before.addingReportingOverflow(change.weight)
        guard !isTooLarge, after >= 0 else { throw contradiction(change, "there are fewer rows than are to end") }
        if after > 0 {
            change.newStart = waiting.documents.count
            documents.append(delta.row(at: change.newRow), count: after, to: &waiting.documents)
            change.newCount = waiting.documents.count - change.newStart
            try requireSize(change.newCount)
        }
        waiting.changes[index] = change
    }

    private func contradiction(_ change: Change, _ problem: String) -> StoreError {
        // A long name is cut: it is there to be recognised.
        let name = String(decoding: waiting.name(change).prefix(200), as: UTF8.self)
        return .inconsistent(view.name, problem, detail: "key …\(name)")
    }

    // MARK: Commands

    /// Whether a waiting change leaves a row behind.
    func leavesRow(_ change: Change) -> Bool { isBag ? change.newCount >= 0 : change.newRow >= 0 }

    /// The commands that write the waiting rows under `base` and their names; `ttl` as in `CacheForm`.
    func appendUpserts(to commands: inout CommandBuffer, under base: [UInt8], ttl: Int64, _ delta: borrowing ZSet) {
        var count = 0
        for index in 0..<waiting.changes.count where leavesRow(waiting.changes[index]) { count += 1 }
        guard count > 0 else { return }
        if !form.isHash, ttl == 0 { commands.begin("MSET", 1 + 2 * count) }
        base.withUnsafeBytes { base in
            for index in 0..<waiting.changes.count {
                let change = waiting.changes[index]
                guard leavesRow(change) else { continue }
                if form.isHash {
                    fields.append(delta.row(at: change.newRow), base, waiting.name(change), ttl: ttl, to: &commands)
                    continue
                }
                if ttl > 0 { commands.begin("SET", 5) }
                commands.argument(base, waiting.name(change))
                commands.argument(waiting.new(change))
                if ttl > 0 {
                    commands.argument("PX")
                    commands.argument(String(ttl))
                }
            }
        }
    }

    /// The command that removes the waiting rows that end.
    func appendDeletes(to commands: inout CommandBuffer, under base: [UInt8]) {
        var count = 0
        for index in 0..<waiting.changes.count where !leavesRow(waiting.changes[index]) { count += 1 }
        guard count > 0 else { return }
        commands.begin("UNLINK", 1 + count)
        base.withUnsafeBytes { base in
            for index in 0..<waiting.changes.count where !leavesRow(waiting.changes[index]) {
                commands.argument(base, waiting.name(waiting.changes[index]))
            }
        }
    }
}
