import Relational
import ViewPlan

/// Which rows of a view a comparison looks at: a share of the keys, the same ones on both sides and for the same seed.
///
/// A row is chosen by the hash of its key, that of a bag by all its columns. Floats do not count: they may differ by rounding.
public struct RowSample: Hashable, Sendable {
    /// Above 0; 1 and more is every row.
    public let share: Double
    public let seed: UInt64

    public init(share: Double, seed: UInt64) {
        self.share = share
        self.seed = seed
    }

    /// Whether every row is looked at.
    public var isWhole: Bool { share >= 1 }

    /// The columns that decide; none for a view all of whose rows are looked at.
    func columns(of columns: [ViewColumn], key: [Int]?) -> [Int] {
        if isWhole { return [] }
        return (key ?? Array(columns.indices)).filter { columns[$0].type.encoding.isExact }
    }

    /// Whether a row is looked at; `deciding` is what `columns` gave, `scratch` is for the key's bytes.
    func contains(_ row: RowView, _ deciding: [Int], _ columns: [ViewColumn], _ scratch: inout ByteSlab) -> Bool {
        if deciding.isEmpty { return true }
        scratch.removeAll()
        scratch.append(integer: seed)
        for column in deciding {
            KeyEncoder.append(row, column: column, as: columns[column].type.encoding, into: &scratch)
        }
        return Double(KeyHash.hash(scratch.bytes) >> 11) < share * 0x1p53
    }
}

extension Encoding {
    fileprivate var isExact: Bool { self != .float4 && self != .float8 }
}
