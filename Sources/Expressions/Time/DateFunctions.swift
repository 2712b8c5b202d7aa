/// Date arithmetic, and the way between dates and timestamps in UTC.
enum DateFunctions {
    static func add(_ date: Int64, days: Int64) throws(EvaluationError) -> Int64 {
        if !TimeRange.isFinite(date: date) { return date }
        let result = date + days
        guard TimeRange.isValid(date: result) else { throw .datetimeFieldOverflow }
        return result
    }

    static func difference(_ left: Int64, _ right: Int64) throws(EvaluationError) -> Int64 {
        guard TimeRange.isFinite(date: left), TimeRange.isFinite(date: right) else { throw .datetimeFieldOverflow }
        return left - right
    }

    /// Midnight of the date.
    static func timestamp(_ date: Int64) throws(EvaluationError) -> Int64 {
        if date == TimeRange.dateMinusInfinity { return TimeRange.minusInfinity }
        if date == TimeRange.dateInfinity { return TimeRange.infinity }
        guard date < TimeRange.timestampEnd / TimeRange.dayMicroseconds else { throw .datetimeFieldOverflow }
        return date * TimeRange.dayMicroseconds
    }

    /// Midnight of the date; later than every timestamp, but before infinity, for a date beyond their range.
    static func comparableTimestamp(_ date: Int64) -> Int64 {
        if date == TimeRange.dateMinusInfinity { return TimeRange.minusInfinity }
        if date == TimeRange.dateInfinity { return TimeRange.infinity }
        if date >= TimeRange.timestampEnd / TimeRange.dayMicroseconds { return TimeRange.infinity - 1 }
        return date * TimeRange.dayMicroseconds
    }

    static func date(_ timestamp: Int64) -> Int64 {
        if timestamp == TimeRange.minusInfinity { return TimeRange.dateMinusInfinity }
        if timestamp == TimeRange.infinity { return TimeRange.dateInfinity }
        return TimeRange.divide(timestamp, TimeRange.dayMicroseconds).quotient
    }

    /// timestamp(p): `digits` after the second, halves away from zero.
    static func rounded(_ timestamp: Int64, digits: Int64) -> Int64 {
        guard TimeRange.isFinite(timestamp: timestamp), digits >= 0, digits < 6 else { return timestamp }
        var unit: Int64 = 1
        for _ in digits..<6 { unit *= 10 }
        let half = unit / 2
        return timestamp >= 0 ? (timestamp + half) / unit * unit : -((half - timestamp) / unit * unit)
    }
}
