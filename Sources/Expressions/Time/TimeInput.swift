import Relational

/// Dates and timestamps in ISO 8601 as Postgres reads it: `2024-05-31`, `20240531`, `2024-05-31 23:59:59.5+02`, `… BC`, ±infinity.
///
/// Other spellings that Postgres knows (month names, day first, `today`) depend on settings or on the clock and are errors.
enum TimeInput {
    static func date(_ bytes: UnsafeRawBufferPointer) throws(EvaluationError) -> Int64 {
        var reader = Reader(TextInput.trimmed(bytes))
        if let special = reader.special() {
            switch special {
            case .epoch: return CivilDate(year: 1970, month: 1, day: 1).days
            case .infinity: return TimeRange.dateInfinity
            case .minusInfinity: return TimeRange.dateMinusInfinity
            }
        }
        let moment = try reader.moment()
        let days = moment.date.days
        guard TimeRange.isValid(date: days) else { throw .datetimeFieldOverflow }
        return days
    }

    /// `appliesZone`: for timestamptz a zone shifts the time, for timestamp it is read and ignored.
    static func timestamp(_ bytes: UnsafeRawBufferPointer, appliesZone: Bool) throws(EvaluationError) -> Int64 {
        var reader = Reader(TextInput.trimmed(bytes))
        if let special = reader.special() {
            switch special {
            case .epoch: return CivilDate(year: 1970, month: 1, day: 1).days * TimeRange.dayMicroseconds
            case .infinity: return TimeRange.infinity
            case .minusInfinity: return TimeRange.minusInfinity
            }
        }
        let moment = try reader.moment()
        let (start, over) = moment.date.days.multipliedReportingOverflow(by: TimeRange.dayMicroseconds)
        let (local, under) = start.addingReportingOverflow(moment.microseconds)
        guard !over, !under else { throw .datetimeFieldOverflow }
        let value = appliesZone ? local - moment.zoneSeconds * 1_000_000 : local
        guard TimeRange.isValid(timestamp: value) else { throw .datetimeFieldOverflow }
        return value
    }

    private enum Special { case epoch, infinity, minusInfinity }

    private struct Moment {
        var date: CivilDate
        var microseconds: Int64 = 0
        /// East of Greenwich.
        var zoneSeconds: Int64 = 0
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var index = 0

        init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        func special() -> Special? {
            guard bytes.count >= 5, bytes.count <= 9 else { return nil }
            switch String(decoding: bytes, as: UTF8.self).lowercased() {
            case "epoch": return .epoch
            case "infinity", "+infinity": return .infinity
            case "-infinity": return .minusInfinity
            default: return nil
            }
        }

        mutating func moment() throws(EvaluationError) -> Moment {
            var moment = Moment(date: try calendarDate())
            if let byte = peek, byte | 0x20 == 0x74 { index += 1 }
            skipSpaces()
            if let byte = peek, isDigit(byte) {
                moment.microseconds = try time()
                skipSpaces()
            }
            moment.zoneSeconds = try zone()
            skipSpaces()
            if take("BC") {
                moment.date.year = 1 - moment.date.year
            } else {
                _ = take("AD")
            }
            guard index == bytes.count else { throw .invalidDatetimeFormat }
            guard CivilDate(validating: moment.date.year, month: moment.date.month, day: moment.date.day) != nil else {
                throw .datetimeFieldOverflow
            }
            return moment
        }

        private mutating func calendarDate() throws(EvaluationError) -> CivilDate {
            let start = index
            let first = try number(upTo: 8)
            let width = index - start
            if width == 8, peek != 0x2D {
                return CivilDate(
                    year: Int(first / 10_000),
                    month: Int(first / 100 % 100),
                    day: Int(first % 100)
                )
            }
            guard width >= 3, width <= 7, take("-") else { throw .invalidDatetimeFormat }
            let month = try number(upTo: 2)
            guard take("-") else { throw .invalidDatetimeFormat }
            let day = try number(upTo: 2)
            guard first > 0 else { throw .datetimeFieldOverflow }
            return CivilDate(year: Int(first), month: Int(month), day: Int(day))
        }

        private mutating func time() throws(EvaluationError) -> Int64 {
            let hour = try number(upTo: 2)
            guard take(":") else { throw .invalidDatetimeFormat }
            let minute = try number(upTo: 2)
            var second: Int64 = 0
            var fraction: Int64 = 0
            if take(":") {
                second = try number(upTo: 2)
                if take(".") { fraction = try microseconds() }
            }
            let isMidnight = hour == 24 && minute == 0 && second == 0 && fraction == 0
            guard hour < 24 || isMidnight, minute < 60, second <= 60 else { throw .datetimeFieldOverflow }
            return ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
        }

        /// Digits after the point, rounded to six, halves to even as `rint` does.
        private mutating func microseconds() throws(EvaluationError) -> Int64 {
            var value: Int64 = 0
            var digits = 0
            var rest = 0.0
            var weight = 0.1
            while let byte = peek, isDigit(byte) {
                if digits < 6 {
                    value = value * 10 + Int64(byte & 15)
                } else {
                    rest += Double(byte & 15) * weight
                    weight /= 10
                }
                digits += 1
                index += 1
            }
            while digits < 6 {
                value *= 10
                digits += 1
            }
            return Int64((Double(value) + rest).rounded(.toNearestOrEven))
        }

        private mutating func zone() throws(EvaluationError) -> Int64 {
            if take("Z") || take("UTC") || take("GMT") { return 0 }
            guard let sign = peek, sign == 0x2B || sign == 0x2D else { return 0 }
            index += 1
            let start = index
            let first = try number(upTo: 6)
            let width = index - start
            var (hour, minute, second): (Int64, Int64, Int64)
            switch width {
            case 1, 2: (hour, minute, second) = (first, 0, 0)
            case 3, 4: (hour, minute, second) = (first / 100, first % 100, 0)
            case 6: (hour, minute, second) = (first / 10_000, first / 100 % 100, first % 100)
            default: throw .invalidDatetimeFormat
            }
            if width <= 2, take(":") {
                minute = try number(upTo: 2)
                if take(":") { second = try number(upTo: 2) }
            }
            guard hour <= 15, minute < 60, second < 60 else { throw .datetimeFieldOverflow }
            let seconds = (hour * 60 + minute) * 60 + second
            return sign == 0x2D ? -seconds : seconds
        }

        // MARK: Bytes

        private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

        private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

        private mutating func skipSpaces() {
            while let byte = peek, TextInput.isSpace(byte) { index += 1 }
        }

        private mutating func number(upTo width: Int) throws(EvaluationError) -> Int64 {
            let start = index
            var value: Int64 = 0
            while let byte = peek, isDigit(byte) {
                guard index - start < width else { throw .invalidDatetimeFormat }
                value = value * 10 + Int64(byte & 15)
                index += 1
            }
            guard index > start else { throw .invalidDatetimeFormat }
            return value
        }

        /// Takes the word, whatever its case.
        private mutating func take(_ word: StaticString) -> Bool {
            let count = word.utf8CodeUnitCount
            guard index + count <= bytes.count else { return false }
            for offset in 0..<count {
                let (byte, wanted) = (bytes[index + offset], word.utf8Start[offset])
                let folded = byte >= 0x61 && byte <= 0x7A ? byte & 0xDF : byte
                if folded != wanted { return false }
            }
            index += count
            return true
        }
    }
}
