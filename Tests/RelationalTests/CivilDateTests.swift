import Relational
import Testing

@Suite struct CivilDateTests {
    @Test func `days and dates are inverse over eras, leap years and both ends of the range`() {
        var expected = CivilDate(days: -1_000_000)
        for days in Int64(-1_000_000)...(-999_000) {
            #expect(CivilDate(days: days) == expected && expected.days == days)
            expected.day += 1
            if expected.day > CivilDate.daysInMonth(year: expected.year, month: expected.month) {
                expected.day = 1
                expected.month += 1
            }
            if expected.month > 12 {
                expected.month = 1
                expected.year += 1
            }
        }
        for days in stride(from: CivilDate.validDays.lowerBound, through: CivilDate.validDays.upperBound, by: 999_983) {
            let date = CivilDate(days: days)
            #expect(date.days == days && CivilDate(validating: date.year, month: date.month, day: date.day) == date)
        }
        #expect(CivilDate(days: 0) == CivilDate(year: 2000, month: 1, day: 1))
        #expect(CivilDate(days: CivilDate.validDays.lowerBound) == CivilDate(year: -4713, month: 11, day: 24))
        #expect(CivilDate(days: CivilDate.validDays.upperBound) == CivilDate(year: 5_874_897, month: 12, day: 31))
    }

    @Test func `days that do not exist or lie outside the range are refused`() {
        for (year, month, day) in [
            (2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 0, 1), (2024, 13, 1), (2024, 1, 0), (-4713, 11, 23),
            (5_874_898, 1, 1), (Int.max, 1, 1), (Int.min, 1, 1),
        ] { #expect(CivilDate(validating: year, month: month, day: day) == nil) }
    }

    @Test func `adding months keeps the day or takes the month's last`() {
        let january = CivilDate(year: 2024, month: 1, day: 31)
        #expect(january.adding(months: 1) == CivilDate(year: 2024, month: 2, day: 29))
        #expect(january.adding(months: -2) == CivilDate(year: 2023, month: 11, day: 30))
        #expect(january.adding(months: 12 * 2024) == CivilDate(year: 4048, month: 1, day: 31))
        #expect(january.adding(months: -12 * 2025) == CivilDate(year: -1, month: 1, day: 31))
        #expect(january.adding(months: .max) == nil)
        #expect(january.adding(months: 12 * 6_000_000) == nil)
    }

    @Test func `timestamps split into fields and join again`() {
        for microseconds in [
            0, -1, 1, 86_399_999_999, -86_400_000_001, TimestampFields.validMicroseconds.lowerBound,
            TimestampFields.validMicroseconds.upperBound - 1,
        ] as [Int64] { #expect(TimestampFields(microseconds: microseconds).microseconds == microseconds) }
        let last = TimestampFields(microseconds: -1)
        #expect(last.date == CivilDate(year: 1999, month: 12, day: 31))
        #expect((last.hour, last.minute, last.second, last.microsecond) == (23, 59, 59, 999_999))
        #expect(TimestampFields(date: CivilDate(year: 294_277, month: 1, day: 1)).microseconds == nil)
        #expect(TimestampFields(date: CivilDate(year: 5_000_000, month: 1, day: 1)).microseconds == nil)
        // Infinities have no fields, but asking does not trap.
        _ = TimestampFields(microseconds: .min)
        _ = TimestampFields(microseconds: .max)
    }
}
