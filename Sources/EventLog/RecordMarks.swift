import Relational

/// Two bits for each record of a run: whether the row that it puts is superseded, and whether nobody needs to hear any more of the row that
/// it takes away. A record that does only one of these has both bits or none. A record with both is dead.
struct RecordMarks: ~Copyable {
    struct Bits: OptionSet {
        var rawValue: UInt64

        /// The row that the record puts is superseded.
        static let state = Bits(rawValue: 1)
        /// The row that it takes away needs no telling.
        static let tombstone = Bits(rawValue: 2)
        static let dead: Bits = [.state, .tombstone]
    }

    private var words = GrowableBuffer<UInt64>()

    subscript(number: Int) -> Bits {
        let word = number >> 5
        guard word < words.count else { return [] }
        return Bits(rawValue: words.base[word] >> UInt64((number & 31) << 1) & 3)
    }

    /// Sets bits of a record; returns those it had before.
    mutating func set(_ bits: Bits, _ number: Int) -> Bits {
        let word = number >> 5
        if word >= words.count { words.resize(to: max(word + 1, words.count * 5 / 4), filling: 0) }
        let shift = UInt64((number & 31) << 1)
        let before = words.base[word]
        words.base[word] = before | bits.rawValue << shift
        return Bits(rawValue: before >> shift & 3)
    }

    /// Clears bits of a record; returns those it had before.
    mutating func clear(_ bits: Bits, _ number: Int) -> Bits {
        let word = number >> 5
        guard word < words.count else { return [] }
        let shift = UInt64((number & 31) << 1)
        let before = words.base[word]
        words.base[word] = before & ~(bits.rawValue << shift)
        return Bits(rawValue: before >> shift & 3)
    }

    /// Whether any of `count` records lives.
    func holdsLife(_ first: Int, _ count: Int) -> Bool {
        (first..<first + count).contains { self[$0] != .dead }
    }

    /// Makes room for the records up to `count` at once.
    mutating func reserve(_ count: Int) { words.resize(to: (count + 31) >> 5, filling: 0) }
}
