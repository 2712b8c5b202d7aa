import Relational

/// `date_trunc` in UTC.
enum DateTruncation {
    static func truncate(
        _ timestamp: Int64,
        to unit: Register
    ) throws(EvaluationError) -> Int64 {
        guard TimeRange.isFinite(timestamp: timestamp) else { return timestamp }
        guard let field = TimeField(unit) else { throw .invalidArgument }
        guard field.isUsable(by: .timestampTruncate) else {
            throw field.rawValue >= TimeField.timezone.rawValue ? .notSupported : .invalidArgument
        }
        let result: Int64
        switch field {
        case .microsecond: return timestamp
        case .millisecond: result = floor(timestamp, 1000)
        case .second: result = floor(timestamp, 1_000_000)
        case .minute: result = floor(timestamp, 60_000_000)
        case .hour: result = floor(timestamp, 3_600_000_000)
        case .day: result = floor(timestamp, TimeRange.dayMicroseconds)
        default:
            let days = TimeRange.divide(timestamp, TimeRange.dayMicroseconds).quotient
            result = start(of: field, containing: days) * TimeRange.dayMicroseconds
        }
        guard TimeRange.isValid(timestamp: result) else { throw .datetimeFieldOverflow }
        return result
    }

    private static func floor(_ timestamp: Int64, _ unit: Int64) -> Int64 {
        let remainder = timestamp % unit
        return remainder < 0 ? timestamp - remainder - unit : timestamp - remainder
    }

    private static func start(of field: TimeField, containing days: Int64) -> Int64 {
        var date = CivilDate(days: days)
        if field == .week { return days - Int64((date.dayOfWeek + 6) % 7) }
        date.day = 1
        switch field {
        case .month: break
        case .quarter: date.month = (date.month - 1) / 3 * 3 + 1
        default:
            date.month = 1
            date.year = firstYear(of: field, containing: date.year)
        }
        return date.days
    }

    /// Centuries and millennia begin with a year 1, decades with a year 0; there is no year 0, so 1 BC is where it would be.
    private static func firstYear(of field: TimeField, containing year: Int) -> Int {
        switch field {
        case .decade: year > 0 ? year / 10 * 10 : -((8 - (year - 1)) / 10) * 10
        case .century: year > 0 ? (year + 99) / 100 * 100 - 99 : -((99 - (year - 1)) / 100) * 100 + 1
        case .millennium: year > 0 ? (year + 999) / 1000 * 1000 - 999 : -((999 - (year - 1)) / 1000) * 1000 + 1
        default: year
        }
    }
}
