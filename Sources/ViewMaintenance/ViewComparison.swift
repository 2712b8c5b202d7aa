public import Relational
public import ViewPlan

/// Compares the rows of a view with the rows that the source computed, as bags.
///
/// Equal means: the same image in every column, but for two that depend in the source on the order in which it met the rows. Floats
/// may differ by 1e-12 relative to the larger one (1e-6 for `real`); a numeric without a declared scale by its zeros at the end
/// (the least of 1.0 and 1.00 is either).
public struct ViewComparison: ~Copyable {
    /// One row that is on one side alone, or one key with another row on each side.
    public struct Difference: Sendable, Codable {
        /// What is wrong with the view.
        public enum Kind: String, Sendable, Codable {
            /// The source has the row and the view has not.
            case missing
            /// The view has the row and the source has not.
            case extra
            /// Both have a row of the key, and they differ.
            case different
        }

        public var kind: Kind
        /// The names of the columns that identify the row; nil for a view without a key.
        public var key: [String]?
        /// The view's row, or the source's when it is missing: column name and text, NULL as nil.
        public var row: [String: String?]
        /// The source's row of the same key, when it is different.
        public var source: [String: String?]?
        public var count: Int64
    }

    private let columns: [ViewColumn]
    private let key: [Int]?
    private let sample: RowSample
    private let deciding: [Int]
    private var scratch = ByteSlab()
    private var balance = ZSet()
    public private(set) var sourceRowCount = 0
    public private(set) var viewRowCount = 0

    /// Rows outside of `sample` are passed over on both sides.
    public init(_ columns: [ViewColumn], key: [Int]? = nil, sample: RowSample = RowSample(share: 1, seed: 0)) {
        self.columns = columns
        self.key = key
        self.sample = sample
        deciding = sample.columns(of: columns, key: key)
    }

    /// Takes rows of the source's answer.
    public mutating func addSource(_ rows: borrowing ZSet) {
        for index in 0..<rows.count where sample.contains(rows.row(at: index), deciding, columns, &scratch) {
            balance.append(rows.row(at: index), weight: rows.weight(at: index))
            sourceRowCount &+= Int(rows.weight(at: index))
        }
    }

    /// Takes rows of the view.
    public mutating func addView(_ rows: borrowing ZSet) {
        for index in 0..<rows.count where sample.contains(rows.row(at: index), deciding, columns, &scratch) {
            balance.append(rows.row(at: index), weight: 0 &- rows.weight(at: index))
            viewRowCount &+= Int(rows.weight(at: index))
        }
    }

    /// The first differing rows, and how many different ones there are in all; two rows of one key are one difference.
    ///
    /// With `ignoresMissing`, rows that the source alone has do not count: those of a view whose rows expire.
    ///
    /// - Throws: when a count leaves Int64.
    public mutating func differences(limit: Int, ignoresMissing: Bool = false) throws -> (
        first: [Difference], total: Int
    ) {
        try balance.consolidate()
        // Positive: how often the source alone has the row; negative: the view alone.
        var counts: [Int64] = []
        counts.reserveCapacity(balance.count)
        for index in 0..<balance.count { counts.append(balance.weight(at: index)) }
        if columns.contains(where: { $0.type.isFloat || $0.type.isNumericWithoutScale }) { pairClose(&counts) }
        let sources = pairKeys(counts)
        let paired = Set(sources.values)
        let open = counts.indices.filter { index in
            !paired.contains(index) && (ignoresMissing ? counts[index] < 0 : counts[index] != 0)
        }
        return (open.prefix(max(limit, 0)).map { describe($0, counts[$0], source: sources[$0]) }, open.count)
    }

    /// The source's row of the same key for rows of the view; none in a view without a key.
    private func pairKeys(_ counts: [Int64]) -> [Int: Int] {
        guard let key else { return [:] }
        var missing: [[UInt8]: Int] = [:]
        for index in counts.indices where counts[index] == 1 { missing[keyBytes(index, key)] = index }
        var pairs: [Int: Int] = [:]
        for index in counts.indices where counts[index] == -1 {
            pairs[index] = missing.removeValue(forKey: keyBytes(index, key))
        }
        return pairs
    }

    private func keyBytes(_ index: Int, _ key: [Int]) -> [UInt8] {
        let row = balance.row(at: index)
        var bytes = ByteSlab()
        for column in key { KeyEncoder.append(row, column: column, as: columns[column].type.encoding, into: &bytes) }
        return Array(bytes.bytes)
    }

    // MARK: What may differ

    /// Takes out pairs of rows that differ only by what may differ.
    private func pairClose(_ counts: inout [Int64]) {
        var missing: [[UInt8]: [Int]] = [:]
        for index in counts.indices where counts[index] > 0 { missing[exactPart(index), default: []].append(index) }
        for index in counts.indices where counts[index] < 0 {
            for candidate in missing[exactPart(index)] ?? [] where counts[candidate] > 0 && isClose(candidate, index) {
                let paired = min(counts[candidate], 0 &- max(counts[index], -Int64.max))
                counts[candidate] -= paired
                counts[index] += paired
                if counts[index] == 0 { break }
            }
        }
    }

    /// What has to be equal: NULLs, numerics without a scale by value, and every digit of the other columns that are no floats.
    private func exactPart(_ index: Int) -> [UInt8] {
        let row = balance.row(at: index)
        var part = ByteSlab()
        for (column, described) in columns.enumerated() {
            part.append(byte: row.isNull(column) ? 1 : 0)
            if described.type.isFloat || row.isNull(column) { continue }
            if described.type.isNumericWithoutScale {
                KeyEncoder.append(row, column: column, as: .numeric, into: &part)
                continue
            }
            let text = text(row, column)
            part.append(integer: UInt64(text.count))
            for byte in text { part.append(byte: byte) }
        }
        return Array(part.bytes)
    }

    /// Whether every float of two rows is equal up to rounding; infinities and NaN are equal to themselves alone.
    private func isClose(_ one: Int, _ other: Int) -> Bool {
        let (one, other) = (balance.row(at: one), balance.row(at: other))
        for (column, described) in columns.enumerated() where described.type.isFloat && !one.isNull(column) {
            let (a, b) = (one.float(column), other.float(column))
            if a == b || (a.isNaN && b.isNaN) { continue }
            guard a.isFinite, b.isFinite else { return false }
            let tolerance = described.type.encoding == .float4 ? 1e-6 : 1e-12
            guard (a - b).magnitude <= tolerance * max(a.magnitude, b.magnitude) else { return false }
        }
        return true
    }

    private func describe(_ index: Int, _ count: Int64, source: Int?) -> Difference {
        Difference(
            kind: source != nil ? .different : count > 0 ? .missing : .extra,
            key: key.map { $0.map { columns[$0].name } },
            row: texts(index),
            source: source.map { texts($0) },
            count: Int64(clamping: count.magnitude)
        )
    }

    private func texts(_ index: Int) -> [String: String?] {
        let row = balance.row(at: index)
        var shown: [String: String?] = [:]
        for (column, described) in columns.enumerated() {
            let value = row.isNull(column) ? nil : String(decoding: text(row, column), as: UTF8.self)
            shown.updateValue(value, forKey: described.name)
        }
        return shown
    }

    private func text(_ row: RowView, _ column: Int) -> [UInt8] {
        var text = ByteSlab()
        TextCodec.encode(row, column: column, as: columns[column].type.encoding, into: &text)
        return Array(text.bytes)
    }
}

extension ScalarType {
    fileprivate var isFloat: Bool { encoding == .float4 || encoding == .float8 }
    fileprivate var isNumericWithoutScale: Bool { encoding == .numeric && typmod < 0 }
}
