import Relational
import ViewStores

/// The rows of two sides of a view whose images fall into one of several shares, each with its sign.
struct DifferenceShare: ~Copyable {
    /// More shares than this would only be read more often.
    private static let countMax: UInt64 = 256
    private static let byteLeast = 64 << 10

    var rows = ZSet()
    /// Whether it was given up.
    private(set) var isTooLarge = false
    private let number: UInt64
    private let count: UInt64
    private let byteMax: Int

    /// Share `number` of 0..<count.
    init(_ number: UInt64, of count: UInt64, byteMax: Int) {
        self.number = number
        self.count = count
        self.byteMax = count < Self.countMax ? max(byteMax, Self.byteLeast) : .max
    }

    mutating func add(_ batch: borrowing ZSet, sign: Int64) {
        guard !isTooLarge else { return }
        for index in 0..<batch.count where count == 1 || batch.row(at: index).imageHash % count == number {
            rows.append(batch.row(at: index), weight: sign * batch.weight(at: index))
        }
        isTooLarge = rows.byteCount > byteMax
    }
}
