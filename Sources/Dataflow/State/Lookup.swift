/// Keys to be matched in pieces: ranges of places in the batch where all rows are in memory, ranges of the sorted keys where files are read.
struct Lookup: ~Copyable {
    /// Empty when the pieces are ranges of places.
    let sorted: SortedKeys
    let isSorted: Bool
    private let count: Int
    private let crew: Crew

    init(count: Int, _ crew: Crew) {
        sorted = SortedKeys()
        isSorted = false
        self.count = count
        self.crew = crew
    }

    init(_ keys: consuming SortedKeys, _ crew: Crew) {
        self.crew = crew
        count = keys.count
        sorted = keys
        isSorted = true
    }

    /// How many pieces there are, whoever does them.
    var pieceCount: Int { crew.pieces(of: count) }

    /// Places in the batch, or indexes of distinct keys.
    func places(of piece: Int) -> Range<Int> { crew.places(of: piece, in: count) }
}
