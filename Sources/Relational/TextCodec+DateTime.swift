/// Dates and timestamps under DateStyle ISO and TimeZone UTC.
///
/// 1. A date is `YYYY-MM-DD`: the year has at least four digits, and ` BC` ends the text when it is not after Christ.
/// 2. A timestamp is a date, a space, `HH:MM:SS` and up to six digits of a second without trailing zeros.
/// 3. With a zone, `+HH`, `+HH:MM` or `+HH:MM:SS` follows; output is always `+00`, input is moved to UTC.
/// 4. `infinity` and `-infinity` are the ends of the slot's integer.
extension TextCodec {
    /// Days since 2000-01-01; `Int32.min` and `.max` for ±infinity.
    public static func parseDate(_ text: UnsafeRawBufferPointer) -> Int64? {
        var reader = DateTimeReader(text)
        if let sign = reader.infinity() { return Int64(sign < 0 ? Int32.min : Int32.max) }
        guard let date = reader.date(), let isBC = reader.era() else { return nil }
        return CivilDate(validating: isBC ? 1 - date.year : date.year, month: date.month, day: date.day)?.days
    }

    /// Microseconds since 2000-01-01 (UTC); `Int64.min` and `.max` for ±infinity. A zone is demanded or refused by `hasZone`.
    public static func parseTimestamp(_ text: UnsafeRawBufferPointer, hasZone: Bool) -> Int64? {
        var reader = DateTimeReader(text)
        if let sign = reader.infinity() { return sign < 0 ? .min : .max }
        guard let date = reader.date(), reader.skip(UInt8(ascii: " ")), let time = reader.time() else { return nil }
        var offset: Int64 = 0
        if hasZone {
            guard let seconds = reader.zone() else { return nil }
            offset = seconds
        }
        guard let isBC = reader.era() else { return nil }
        let year = isBC ? 1 - date.year : date.year
        guard year > -4714, year < 294_278, date.month > 0, date.month < 13, date.day > 0,
            date.day <= CivilDate.daysInMonth(year: year, month: date.month)
        else { return nil }
        let day = CivilDate(year: year, month: date.month, day: date.day).days
        // The offset may carry a day that is just outside the range back into it; none of this leaves Int64.
        let (microseconds, overflows) = (day &* TimestampFields.microsecondsPerDay).addingReportingOverflow(
            time &- offset &* 1_000_000
        )
        guard !overflows, TimestampFields.validMicroseconds.contains(microseconds) else { return nil }
        return microseconds
    }

    static func append(date days: Int64, to output: inout ByteSlab) {
        if days == Int64(Int32.max) { return output.append(text: "infinity") }
        if days == Int64(Int32.min) { return output.append(text: "-infinity") }
        let date = CivilDate(days: days)
        output.append(date: date)
        if date.year <= 0 { output.append(text: " BC") }
    }

    static func append(timestamp: Int64, hasZone: Bool, to output: inout ByteSlab) {
        if timestamp == .max { return output.append(text: "infinity") }
        if timestamp == .min { return output.append(text: "-infinity") }
        let fields = TimestampFields(microseconds: timestamp)
        output.append(date: fields.date)
        let place = output.extend(by: 9)
        place.storeBytes(of: UInt8(ascii: " "), as: UInt8.self)
        store(fields.hour, at: place + 1)
        place.storeBytes(of: UInt8(ascii: ":"), toByteOffset: 3, as: UInt8.self)
        store(fields.minute, at: place + 4)
        place.storeBytes(of: UInt8(ascii: ":"), toByteOffset: 6, as: UInt8.self)
        store(fields.second, at: place + 7)
        if fields.microsecond != 0 {
            var fraction = UInt64(fields.microsecond)
            var digits = 6
            while fraction % 10 == 0 {
                fraction /= 10
                digits -= 1
            }
            output.append(byte: UInt8(ascii: "."))
            output.append(decimal: fraction, minimumDigits: digits)
        }
        if hasZone { output.append(text: "+00") }
        if fields.date.year <= 0 { output.append(text: " BC") }
    }

    /// Two digits.
    fileprivate static func store(_ value: Int, at place: UnsafeMutableRawPointer) {
        place.storeBytes(of: UInt8(truncatingIfNeeded: value / 10 + 0x30), as: UInt8.self)
        place.storeBytes(of: UInt8(truncatingIfNeeded: value % 10 + 0x30), toByteOffset: 1, as: UInt8.self)
    }
}

extension ByteSlab {
    /// `YYYY-MM-DD` with the year as Postgres shows it; the era is left to the caller.
    fileprivate mutating func append(date: CivilDate) {
        let year = date.year > 0 ? date.year : 1 - date.year
        append(decimal: UInt64(year), minimumDigits: 4)
        let place = extend(by: 6)
        place.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
        TextCodec.store(date.month, at: place + 1)
        place.storeBytes(of: UInt8(ascii: "-"), toByteOffset: 3, as: UInt8.self)
        TextCodec.store(date.day, at: place + 4)
    }
}

/// Reads the parts of a date or timestamp from left to right; each part is nil when it is not there.
private struct DateTimeReader {
    private let base: UnsafeRawPointer?
    private let count: Int
    private var position = 0

    init(_ text: UnsafeRawBufferPointer) {
        base = text.baseAddress
        count = text.count
    }

    private func byte(_ at: Int) -> UInt8 {
        guard at < count, let base else { return 0 }
        return base.load(fromByteOffset: at, as: UInt8.self)
    }

    /// −1 or 1 when the whole text is `-infinity` or `infinity`.
    func infinity() -> Int? {
        guard byte(count - 1) == UInt8(ascii: "y"), let base else { return nil }
        let text = UnsafeRawBufferPointer(start: base, count: count)
        if text.elementsEqual("infinity".utf8) { return 1 }
        return text.elementsEqual("-infinity".utf8) ? -1 : nil
    }

    mutating func skip(_ expected: UInt8) -> Bool {
        guard byte(position) == expected else { return false }
        position &+= 1
        return true
    }

    /// Exactly two digits.
    private mutating func pair() -> Int? {
        guard position &+ 2 <= count, let base else { return nil }
        let tens = base.load(fromByteOffset: position, as: UInt8.self) &- 0x30
        let ones = base.load(fromByteOffset: position &+ 1, as: UInt8.self) &- 0x30
        guard tens < 10, ones < 10 else { return nil }
        position &+= 2
        return Int(tens) &* 10 &+ Int(ones)
    }

    /// The written year and the rest of the date, not yet looked at for existence.
    mutating func date() -> (year: Int, month: Int, day: Int)? {
        let start = position
        var year = 0
        while position < count {
            let digit = byte(position) &- 0x30
            guard digit < 10 else { break }
            year = year &* 10 &+ Int(digit)
            position &+= 1
        }
        guard position &- start >= 4, position &- start <= 7, year > 0, skip(UInt8(ascii: "-")), let month = pair(),
            skip(UInt8(ascii: "-")), let day = pair()
        else { return nil }
        return (year, month, day)
    }

    /// Microseconds of the day.
    mutating func time() -> Int64? {
        guard let hour = pair(), hour < 24, skip(UInt8(ascii: ":")), let minute = pair(), minute < 60,
            skip(UInt8(ascii: ":")), let second = pair(), second < 60
        else { return nil }
        let whole = Int64(hour &* 3600 &+ minute &* 60 &+ second) &* 1_000_000
        guard skip(UInt8(ascii: ".")) else { return whole }
        var fraction: Int64 = 0
        var digits = 0
        while digits < 6 {
            let digit = byte(position) &- 0x30
            guard digit < 10 else { break }
            fraction = fraction &* 10 &+ Int64(digit)
            digits &+= 1
            position &+= 1
        }
        guard digits > 0 else { return nil }
        while digits < 6 {
            fraction = fraction &* 10
            digits &+= 1
        }
        return whole &+ fraction
    }

    /// Seconds east of UTC.
    mutating func zone() -> Int64? {
        let isWest = byte(position) == UInt8(ascii: "-")
        guard isWest || byte(position) == UInt8(ascii: "+") else { return nil }
        position &+= 1
        guard let hour = pair(), hour < 16 else { return nil }
        var seconds = hour &* 3600
        if skip(UInt8(ascii: ":")) {
            guard let minute = pair(), minute < 60 else { return nil }
            seconds &+= minute &* 60
            if skip(UInt8(ascii: ":")) {
                guard let second = pair(), second < 60 else { return nil }
                seconds &+= second
            }
        }
        return Int64(isWest ? 0 &- seconds : seconds)
    }

    /// Whether ` BC` ends the text; nil when anything else is left.
    func era() -> Bool? {
        if position == count { return false }
        guard count &- position == 3, byte(position) == UInt8(ascii: " "), byte(position + 1) == UInt8(ascii: "B"),
            byte(position + 2) == UInt8(ascii: "C")
        else { return nil }
        return true
    }
}
