import Relational

/// Keeps its input's rows by key for the joins that read it: one for each (node, key columns), whichever views they belong to.
///
/// When the input is a table read by its image's key, the image's own arrangement serves, and nothing is kept twice: its rows then
/// have the image's columns, and `heldColumns` says where the input's columns are in them.
final class Arrange: Operator {
    let input: Operator
    /// The keys of the input's delta.
    private(set) var keys = KeyBatch()
    let arrangement: Arrangement
    let layout: KeyLayout
    /// The types of the rows in the arrangement.
    let heldTypes: [ScalarType]
    /// For each column of the input, its index in the rows of the arrangement.
    let heldColumns: [Int]
    private let isShared: Bool

    /// An arrangement of its own.
    init(name: String, input: Operator, types: [ScalarType], key: [Int], arrangement: Arrangement) {
        self.input = input
        self.arrangement = arrangement
        layout = KeyLayout(key, types: types, nullsAreEqual: false)
        heldTypes = types
        heldColumns = Array(types.indices)
        isShared = false
        super.init(name: name, inputs: [input])
    }

    /// The image's arrangement; `key` are the input's columns in the order of the image's key.
    init(name: String, input: Operator, types: [ScalarType], key: [Int], image: TableImage, columns: [Int]) {
        self.input = input
        arrangement = image.arrangement
        layout = KeyLayout(key, types: types, nullsAreEqual: false)
        heldTypes = image.types
        heldColumns = columns
        isShared = true
        super.init(name: name, inputs: [input])
    }

    override var pieces: [any StatePiece] { isShared || arrangement.folder == nil ? [] : [arrangement] }

    override var rowCount: Int { isShared ? 0 : arrangement.rowCount }

    override var stateBytes: Int { isShared ? 0 : arrangement.byteCount }

    override func step() throws(DataflowError) {
        var batch = KeyBatch()
        swap(&batch, &keys)
        defer { swap(&batch, &keys) }
        layout.append(input.delta, to: &batch, with: crew)
        if !isShared { try arrangement.stage(input.delta, keys: batch, isSound: true) }
    }

    override func seal() throws(DataflowError) {
        keys.endEpoch()
        if !isShared { try arrangement.seal() }
    }
}
