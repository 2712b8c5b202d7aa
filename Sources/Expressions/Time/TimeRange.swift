/// The ranges of Postgres's date and timestamp, and their infinities, as they lie in slots.
enum TimeRange {
    static let dateMinusInfinity = Int64(Int32.min)
    static let dateInfinity = Int64(Int32.max)
    /// 4714-11-24 BC, the first day, and the day after 5874897-12-31.
    static let dateMin: Int64 = -2_451_545
    static let dateEnd: Int64 = 2_147_483_494 - 2_451_545

    static let minusInfinity = Int64.min
    static let infinity = Int64.max
    /// 4714-11-24 BC 00:00, the first microsecond, and the one after 294276-12-31 23:59:59.999999.
    static let timestampMin: Int64 = -211_813_488_000_000_000
    static let timestampEnd: Int64 = 9_223_371_331_200_000_000

    static let dayMicroseconds: Int64 = 86_400_000_000

    @inline(__always)
    static func isFinite(date: Int64) -> Bool { date != dateMinusInfinity && date != dateInfinity }

    @inline(__always)
    static func isFinite(timestamp: Int64) -> Bool { timestamp != minusInfinity && timestamp != infinity }

    @inline(__always)
    static func isValid(date: Int64) -> Bool { date >= dateMin && date < dateEnd }

    @inline(__always)
    static func isValid(timestamp: Int64) -> Bool { timestamp >= timestampMin && timestamp < timestampEnd }

    /// Division that rounds down, with its remainder ≥ 0.
    @inline(__always)
    static func divide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        var quotient = value / divisor
        var remainder = value % divisor
        if remainder < 0 {
            quotient -= 1
            remainder += divisor
        }
        return (quotient, remainder)
    }
}
