/// A timestamp split into its fields, in UTC.
@frozen
public struct TimestampFields: Hashable, Sendable {
    public var date: CivilDate
    /// 0…23
    public var hour: Int
    /// 0…59
    public var minute: Int
    /// 0…59
    public var second: Int
    /// 0…999 999
    public var microsecond: Int

    @inlinable
    public init(date: CivilDate, hour: Int = 0, minute: Int = 0, second: Int = 0, microsecond: Int = 0) {
        self.date = date
        self.hour = hour
        self.minute = minute
        self.second = second
        self.microsecond = microsecond
    }

    @usableFromInline static let microsecondsPerDay: Int64 = 86_400_000_000

    /// The first timestamp Postgres holds and the one after the last, in microseconds since 2000-01-01.
    public static let validMicroseconds: Range<Int64> = -211_813_488_000_000_000..<9_223_371_331_200_000_000

    /// Splits microseconds since 2000-01-01; ±infinity has no fields, so look for it first.
    @inlinable
    public init(microseconds: Int64) {
        var (days, time) = microseconds.quotientAndRemainder(dividingBy: Self.microsecondsPerDay)
        if time < 0 {
            days &-= 1
            time &+= Self.microsecondsPerDay
        }
        date = CivilDate(days: days)
        let (seconds, fraction) = Int(time).quotientAndRemainder(dividingBy: 1_000_000)
        microsecond = fraction
        second = seconds % 60
        minute = seconds / 60 % 60
        hour = seconds / 3600
    }

    /// Microseconds since 2000-01-01, or nil outside Postgres's range.
    @inlinable
    public var microseconds: Int64? {
        let days = date.days
        // Outside both ends of the range, and inside Int64.
        guard days > -2_500_000, days < 106_751_990 else { return nil }
        let seconds = Int64(hour &* 3600 &+ minute &* 60 &+ second)
        let (total, overflows) = (days &* Self.microsecondsPerDay).addingReportingOverflow(
            seconds &* 1_000_000 &+ Int64(microsecond)
        )
        return !overflows && Self.validMicroseconds.contains(total) ? total : nil
    }
}
