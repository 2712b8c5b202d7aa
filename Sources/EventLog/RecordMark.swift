import Relational

/// The number of a record among those that a run of compaction looks at, and what the run knows of it.
///
/// | bits | content |
/// |---|---|
/// | 0 | meant is that the record takes a row away, and not that it puts one |
/// | 1 | it does both, of different keys |
/// | 2 | it is the only one of its frame, whose header goes with it |
/// | 3.. | the number |
struct RecordMark: BitwiseCopyable, Equatable {
    var rawValue: UInt64

    init(_ rawValue: UInt64) { self.rawValue = rawValue }

    init(_ number: Int, removes: Bool = false, moves: Bool = false, isAlone: Bool) {
        rawValue = UInt64(number) << 3 | (isAlone ? 4 : 0) | (moves ? 2 : 0) | (removes ? 1 : 0)
    }

    var number: Int { Int(rawValue >> 3) }
    var removes: Bool { rawValue & 1 != 0 }
    var moves: Bool { rawValue & 2 != 0 }
    var isAlone: Bool { rawValue & 4 != 0 }

    /// What dies of the record when this is superseded: all of it, unless it does something else too.
    var bits: RecordMarks.Bits { moves ? (removes ? .tombstone : .state) : .dead }
}

/// Where a record lies: the number of its segment in the run (20 bits) and its position in the file in units of 8 bytes (44 bits).
struct RecordPlace: BitwiseCopyable, Equatable {
    private var rawValue: UInt64

    init(segment: Int, position: Int64) {
        rawValue = UInt64(segment) << 44 | UInt64(position) >> 3
    }

    var segment: Int { Int(rawValue >> 44) }
    var position: Int64 { Int64(rawValue & (1 << 44 - 1)) << 3 }
}
