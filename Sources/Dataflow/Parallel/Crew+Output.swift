import Relational

/// What one piece of an operator's step puts out.
struct PieceOutput: ~Copyable {
    var rows = ZSet()
    var errors = ErrorCounts()
}

extension Crew {
    /// How many pieces a batch has.
    func pieces(of count: Int) -> Int { (count + pieceRowCount - 1) / pieceRowCount }

    /// The places of a batch that are in a piece.
    func places(of piece: Int, in count: Int) -> Range<Int> {
        piece * pieceRowCount..<Swift.min((piece + 1) * pieceRowCount, count)
    }

    /// Whether a batch is not worth waking anybody for.
    func isSmall(_ count: Int) -> Bool { count < rowsWorthwhile }

    /// Runs pieces that put rows out, and appends what they have put out in the order of the pieces.
    ///
    /// - Throws: what a piece throws; `weightOverflow` for counts of errors.
    func collect(
        _ count: Int,
        isSmall: Bool = false,
        into output: inout ZSet,
        errors: inout ErrorCounts,
        _ body: (_ piece: Int, _ output: inout PieceOutput) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        guard count > 0 else { return }
        try outputs.use { all throws(DataflowError) in
            swap(&all.rows, &output)
            defer {
                swap(&all.rows, &output)
                all.errors.removeAll()
            }
            if workers == 1 || isSmall || count < 2 {
                for piece in 0..<count { try body(piece, &all) }
            } else {
                try gather(count, outputs, into: &all, body) { piece, all throws(DataflowError) in
                    all.rows.append(contentsOf: piece.rows)
                    try all.errors.add(piece.errors)
                    piece.rows.endEpoch()
                    piece.errors.removeAll()
                }
            }
            try errors.add(all.errors)
        }
    }

    /// Runs pieces that each fill a value, and has the values taken into one whole in the order of the pieces, soon after each is filled.
    ///
    /// `take` empties the piece.
    func gather<Piece: ~Copyable, Whole: ~Copyable, Failure: Error>(
        _ count: Int,
        _ spares: Spares<Piece>,
        into whole: inout Whole,
        _ body: (_ piece: Int, _ value: inout Piece) throws(Failure) -> Void,
        take: (_ value: inout Piece, _ whole: inout Whole) throws(Failure) -> Void
    ) throws(Failure) {
        let line = PieceLine<Spares<Piece>.Spare>()
        // Unsafe: whoever is at the head of the line is the only one that uses it.
        try withUnsafeMutablePointer(to: &whole) { whole throws(Failure) in
            try run(count) { piece throws(Failure) in
                let filled = spares.take()
                try body(piece, &filled.value)
                var mine = line.join(filled, as: piece)
                while let next = mine {
                    try take(&next.value, &whole.pointee)
                    spares.give(next)
                    mine = line.next()
                }
            }
        }
    }
}
