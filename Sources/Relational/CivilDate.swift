/// A day of the proleptic Gregorian calendar, in Postgres's range: 4714-11-24 BC … 5874897-12-31.
@frozen
public struct CivilDate: Hashable, Comparable, Sendable {
    /// The astronomical year: 1 BC is 0, 2 BC is −1.
    public var year: Int
    /// 1…12
    public var month: Int
    /// 1…31
    public var day: Int

    /// Takes the fields as they are; `init(validating:)` looks at them.
    @inlinable
    public init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The first and the last day that a `date` can hold, in days since 2000-01-01.
    public static let validDays: ClosedRange<Int64> = -2_451_545...2_145_031_948

    /// A day that exists and lies in Postgres's range, else nil.
    public init?(validating year: Int, month: Int, day: Int) {
        guard (-4713...5_874_897).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.daysInMonth(year: year, month: month)
        else { return nil }
        self.init(year: year, month: month, day: day)
        guard Self.validDays.contains(days) else { return nil }
    }

    /// The day `days` after 2000-01-01. Any distance a timestamp or a date can have is accepted.
    @inlinable
    public init(days: Int64) {
        // Years begin in March and eras of 400 years have 146 097 days, so the leap day comes last in both.
        let shifted = Int(days) &+ 730_425
        let era = (shifted >= 0 ? shifted : shifted &- 146_096) / 146_097
        let dayOfEra = shifted &- era &* 146_097
        let yearOfEra = (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let marchMonth = (5 &* dayOfYear &+ 2) / 153
        day = dayOfYear &- (153 &* marchMonth &+ 2) / 5 &+ 1
        month = marchMonth < 10 ? marchMonth &+ 3 : marchMonth &- 9
        year = yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0)
    }

    /// Days since 2000-01-01.
    @inlinable
    public var days: Int64 {
        let marchYear = month <= 2 ? year &- 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear &- 399) / 400
        let yearOfEra = marchYear &- era &* 400
        let marchMonth = month > 2 ? month &- 3 : month &+ 9
        let dayOfYear = (153 &* marchMonth &+ 2) / 5 &+ day &- 1
        let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
        return Int64(era &* 146_097 &+ dayOfEra &- 730_425)
    }

    @inlinable
    public static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// 28…31; `month` is 1…12.
    @inlinable
    public static func daysInMonth(year: Int, month: Int) -> Int {
        if month == 2 { return isLeap(year) ? 29 : 28 }
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
    }

    /// The year as Postgres shows it, without a year 0: 1 BC is −1.
    @inlinable
    public var displayYear: Int { year > 0 ? year : year - 1 }

    /// 1 is January 1st.
    public var dayOfYear: Int { Int(days - CivilDate(year: year, month: 1, day: 1).days) + 1 }

    /// Sunday is 0, as in `extract(dow …)`.
    public var dayOfWeek: Int { Int(((days + 6) % 7 + 7) % 7) }

    /// The ISO 8601 week and the (astronomical) year that it belongs to.
    public var isoWeek: (year: Int, week: Int) {
        // A week belongs to the year of its Thursday.
        let thursday = CivilDate(days: days + 4 - Int64(dayOfWeek == 0 ? 7 : dayOfWeek))
        return (thursday.year, (thursday.dayOfYear - 1) / 7 + 1)
    }

    /// The same day `months` later or earlier, or the month's last day when it has no such day; nil out of range.
    public func adding(months: Int) -> CivilDate? {
        let (sum, overflows) = (year * 12 + month - 1).addingReportingOverflow(months)
        guard !overflows else { return nil }
        let newYear = (sum >= 0 ? sum : sum - 11) / 12
        let newMonth = sum - newYear * 12 + 1
        let newDay = Swift.min(day, Self.daysInMonth(year: newYear, month: newMonth))
        return CivilDate(validating: newYear, month: newMonth, day: newDay)
    }

    @inlinable
    public static func < (left: CivilDate, right: CivilDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}
