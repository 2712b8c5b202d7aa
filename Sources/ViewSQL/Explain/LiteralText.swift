import Relational

/// Prints constants of a plan in quotes, as SQL would write them. For people: EXPLAIN alone reads it.
enum LiteralText {
    static func text(_ datum: Datum, _ type: ScalarType) -> String {
        switch datum {
        case .int(let value):
            switch type.encoding {
            case .date: "'\(days(value))'"
            case .timestamp: "'\(microseconds(value))'"
            case .timestamptz: "'\(microseconds(value))+00'"
            default: "\(value)"
            }
        case .numeric(let value): numeric(value)
        case .bytes(let bytes): type.encoding == .uuid ? "'\(uuid(bytes))'" : "'\\x\(hex(bytes))'"
        case .float(let value): value.isFinite ? "\(value)" : "'\(value)'"
        case .bool(let value): value ? "TRUE" : "FALSE"
        case .text(let text): "'\(text.replacing("'", with: "''"))'"
        case .null: "NULL"
        }
    }

    private static func numeric(_ value: Numeric) -> String {
        switch value {
        case .small(let coefficient, let scale): decimal("\(coefficient)", scale)
        case .large(let coefficient, let scale): decimal("\(coefficient)", scale)
        case .nan: "'NaN'"
        case .positiveInfinity: "'Infinity'"
        case .negativeInfinity: "'-Infinity'"
        }
    }

    private static func decimal(_ coefficient: String, _ scale: Int) -> String {
        guard scale > 0 else { return coefficient }
        let isNegative = coefficient.hasPrefix("-")
        var digits = isNegative ? String(coefficient.dropFirst()) : coefficient
        if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
        return (isNegative ? "-" : "") + digits.dropLast(scale) + "." + digits.suffix(scale)
    }

    private static func days(_ value: Int64) -> String {
        if value == Int64(Int32.max) { return "infinity" }
        if value == Int64(Int32.min) { return "-infinity" }
        let (year, month, day) = civil(value)
        let shown = year > 0 ? year : 1 - year
        return "\(padded(shown, 4))-\(padded(month, 2))-\(padded(day, 2))" + (year > 0 ? "" : " BC")
    }

    private static func microseconds(_ value: Int64) -> String {
        if value == .max { return "infinity" }
        if value == .min { return "-infinity" }
        let perDay: Int64 = 86_400_000_000
        let day = value >= 0 ? value / perDay : -((perDay - 1 - value) / perDay)
        let rest = value - day * perDay
        let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000)
        var text =
            "\(days(day)) \(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        if fraction > 0 {
            var digits = padded(fraction, 6)
            while digits.hasSuffix("0") { digits.removeLast() }
            text += "." + digits
        }
        return text
    }

    /// The proleptic Gregorian date of a day counted from 2000-01-01, by eras of 400 years that begin in March.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 730_425
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func uuid(_ bytes: [UInt8]) -> String {
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += hex([byte])
        }
        return text
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = "\(value)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
