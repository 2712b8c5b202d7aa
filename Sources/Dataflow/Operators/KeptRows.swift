import Relational
import StateFiles
import ViewPlan

/// Keeps the rows of a view while it is built, for its store; or what changes of them in a transaction that is folded in parts.
///
/// They stand under the view's key, in which NULLs are equal, or for a bag under the hash of each row's image. Both sort as a store orders
/// what it writes (`DeltaOrder`), so that runs give the rows as the store fills its pages. That is for speed alone: a store takes rows in
/// any order.
final class KeptRows: Operator {
    let arrangement: Arrangement
    private let input: Operator
    /// Nil for a bag.
    private let layout: KeyLayout?
    private var keys = KeyBatch()

    /// `root` puts out the changes of the view's rows.
    init(of view: ViewDefinition, root: Operator, ofChanges: Bool, folder: StateFolder?, crew: Crew) {
        let types = view.root.columns.map(\.type)
        let name = ofChanges ? "changes of \(view.name)" : "rows of \(view.name)"
        input = root
        arrangement = Arrangement(
            name: name,
            holdsChanges: ofChanges,
            types: types,
            stateName: StateName.ofRows(of: view.name, key: view.key, root, ofChanges: ofChanges),
            folder: folder,
            crew: crew
        )
        layout = view.key.map { KeyLayout($0, types: types, nullsAreEqual: true) }
        arrangement.isReadOnce = true
        super.init(name: name, inputs: [root])
        stateName = arrangement.spine.name
        self.crew = crew
    }

    override var pieces: [any StatePiece] { arrangement.folder == nil ? [] : [arrangement] }

    override var rowCount: Int { arrangement.rowCount }

    override var stateBytes: Int { arrangement.byteCount }

    override func step() throws(DataflowError) {
        var batch = KeyBatch()
        swap(&batch, &keys)
        defer { swap(&batch, &keys) }
        if let layout {
            layout.append(input.delta, to: &batch, with: crew)
        } else {
            for index in 0..<input.delta.count { batch.append(imageOf: input.delta.row(at: index)) }
        }
        try arrangement.stage(input.delta, keys: batch, isSound: true)
    }

    override func seal() throws(DataflowError) {
        keys.endEpoch()
        try arrangement.seal()
    }
}

extension KeyBatch {
    /// Adds the hash of a row's image as a key.
    @inline(__always)
    fileprivate mutating func append(imageOf row: RowView) {
        let start = slab.count
        slab.extend(by: 8).storeBytes(of: row.imageHash.bigEndian, as: UInt64.self)
        let bytes = UnsafeRawBufferPointer(start: slab.base + start, count: 8)
        entries.append(Entry(start: start, length: 8, hash: KeyHash.hash(bytes)))
    }
}
