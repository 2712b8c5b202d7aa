import Relational

/// `extract` (numeric) and `date_part` (double precision), in UTC.
///
/// Of ±infinity, a field that grows with time is ±infinity and any other is NULL.
enum Extraction {
    /// Whole days and microseconds of the day, of a date or a timestamp.
    private struct Moment {
        var days: Int64
        var microseconds: Int64
        var date: CivilDate

        init(date days: Int64) {
            self.days = days
            microseconds = 0
            date = CivilDate(days: days)
        }

        init(timestamp: Int64) {
            (days, microseconds) = TimeRange.divide(timestamp, TimeRange.dayMicroseconds)
            date = CivilDate(days: days)
        }
    }

    private static let epochDays: Int64 = 10_957
    private static let julianDays: Int64 = 2_451_545

    static func numeric(
        of value: Int64,
        _ name: Register,
        _ function: ScalarFunction,
        _ arena: inout Arena
    ) throws(EvaluationError) -> Register {
        let isDate = function == .extractFromDate
        guard let field = TimeField(name) else { throw .invalidArgument }
        guard !isDate || field.isUsable(by: function) else { throw .notSupported }
        let isFinite = isDate ? TimeRange.isFinite(date: value) : TimeRange.isFinite(timestamp: value)
        guard isFinite else {
            guard field.growsWithTime else { return .null }
            return Register(
                bytes: NumericFunctions.store(value > 0 ? .positiveInfinity : .negativeInfinity, &arena)
            )
        }
        guard field.isUsable(by: function) else { throw .notSupported }
        let moment = isDate ? Moment(date: value) : Moment(timestamp: value)
        switch field {
        case .second: return store(moment.microseconds % 60_000_000, 6, &arena)
        case .millisecond: return store(moment.microseconds % 60_000_000, 3, &arena)
        case .epoch:
            let days = Int128(moment.days + epochDays)
            if isDate { return store(days * 86_400, 0, &arena) }
            let elapsed = days * Int128(TimeRange.dayMicroseconds) + Int128(moment.microseconds)
            if elapsed < Int128(Int64.max) { return store(elapsed, 6, &arena) }
            // Postgres divides there, at the few digits that division keeps for so large a number.
            let seconds = try NumericFunctions.divide(
                SmallNumeric.store(elapsed, scale: 0, &arena),
                SmallNumeric.store(1_000_000, scale: 0, &arena),
                &arena
            )
            return Register(bytes: try NumericFunctions.round(seconds, 6, &arena))
        case .julian:
            let days = moment.days + julianDays
            if isDate { return store(days, 0, &arena) }
            return Register(bytes: try julian(days, moment.microseconds, &arena))
        default: return store(whole(field, moment), 0, &arena)
        }
    }

    static func float(
        of value: Int64,
        _ name: Register,
        _ function: ScalarFunction
    ) throws(EvaluationError) -> Register {
        guard let field = TimeField(name) else { throw .invalidArgument }
        guard TimeRange.isFinite(timestamp: value) else {
            guard field.growsWithTime else { return .null }
            return Register(float: value > 0 ? .infinity : -.infinity)
        }
        guard field.isUsable(by: function) else { throw .notSupported }
        let moment = Moment(timestamp: value)
        let (second, fraction) = (moment.microseconds % 60_000_000 / 1_000_000, moment.microseconds % 1_000_000)
        switch field {
        case .second: return Register(float: Double(second) + Double(fraction) / 1_000_000)
        case .millisecond: return Register(float: Double(second) * 1000 + Double(fraction) / 1000)
        case .epoch:
            let epoch = -epochDays * TimeRange.dayMicroseconds
            let (elapsed, over) = value.subtractingReportingOverflow(epoch)
            return Register(float: (over ? Double(value) - Double(epoch) : Double(elapsed)) / 1_000_000)
        case .julian:
            let whole = moment.microseconds / 1_000_000
            return Register(
                float: Double(moment.days + julianDays) + (Double(whole) + Double(fraction) / 1_000_000) / 86_400
            )
        default: return Register(float: Double(whole(field, moment)))
        }
    }

    /// Fields that are whole numbers.
    private static func whole(_ field: TimeField, _ moment: Moment) -> Int64 {
        let year = Int64(moment.date.year)
        switch field {
        case .microsecond: return moment.microseconds % 60_000_000
        case .minute: return moment.microseconds / 60_000_000 % 60
        case .hour: return moment.microseconds / 3_600_000_000
        case .day: return Int64(moment.date.day)
        case .month: return Int64(moment.date.month)
        case .quarter: return Int64((moment.date.month - 1) / 3 + 1)
        case .week: return Int64(moment.date.isoWeek.week)
        case .year: return Int64(moment.date.displayYear)
        case .isoyear:
            let isoYear = Int64(moment.date.isoWeek.year)
            return isoYear > 0 ? isoYear : isoYear - 1
        case .decade: return year >= 0 ? year / 10 : -((8 - (year - 1)) / 10)
        case .century: return year > 0 ? (year + 99) / 100 : -((99 - (year - 1)) / 100)
        case .millennium: return year > 0 ? (year + 999) / 1000 : -((999 - (year - 1)) / 1000)
        case .isodow: return Int64((moment.date.dayOfWeek + 6) % 7 + 1)
        case .dow: return Int64(moment.date.dayOfWeek)
        case .doy: return Int64(moment.date.dayOfYear)
        case .timezone, .timezoneHour, .timezoneMinute, .second, .millisecond, .epoch, .julian: return 0
        }
    }

    private static func julian(
        _ days: Int64,
        _ microseconds: Int64,
        _ arena: inout Arena
    ) throws(EvaluationError) -> UnsafeRawBufferPointer {
        let part = try NumericFunctions.divide(
            SmallNumeric.store(Int128(microseconds), scale: 0, &arena),
            SmallNumeric.store(Int128(TimeRange.dayMicroseconds), scale: 0, &arena),
            &arena
        )
        return try NumericFunctions.add(SmallNumeric.store(Int128(days), scale: 0, &arena), part, &arena)
    }

    private static func store(_ coefficient: Int64, _ scale: Int, _ arena: inout Arena) -> Register {
        store(Int128(coefficient), scale, &arena)
    }

    private static func store(_ coefficient: Int128, _ scale: Int, _ arena: inout Arena) -> Register {
        Register(bytes: SmallNumeric.store(coefficient, scale: scale, &arena))
    }
}
