import Relational

/// A field name of `extract`, `date_part` and `date_trunc`.
enum TimeField: UInt8, CaseIterable {
    case microsecond, millisecond, second, minute, hour, day, week, month, quarter, year, decade, century, millennium
    case epoch, dow, isodow, doy, isoyear, julian, timezone, timezoneHour, timezoneMinute

    /// The names and abbreviations Postgres takes; it compares their first ten letters.
    private static let names: [String: TimeField] = {
        let table: [(TimeField, String)] = [
            (.microsecond, "us usec usecs useconds microsecon"), (.millisecond, "ms msec msecs mseconds millisecon"),
            (.second, "s sec secs second seconds"), (.minute, "m min mins minute minutes"),
            (.hour, "h hr hrs hour hours"), (.day, "d day days"), (.week, "w week weeks"),
            (.month, "mon mons month months"), (.quarter, "qtr quarter"), (.year, "y yr yrs year years"),
            (.decade, "dec decs decade decades"), (.century, "c cent century centuries"),
            (.millennium, "mil mils millennia millennium"), (.epoch, "epoch"), (.dow, "dow"), (.isodow, "isodow"),
            (.doy, "doy"), (.isoyear, "isoyear"), (.julian, "j jd julian"), (.timezone, "timezone"),
            (.timezoneHour, "timezone_h"), (.timezoneMinute, "timezone_m"),
        ]
        var result: [String: TimeField] = [:]
        for (field, words) in table {
            for word in words.split(separator: " ") { result[String(word)] = field }
        }
        return result
    }()

    init?(name: String) {
        let folded = name.utf8.prefix(63).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        guard let field = Self.names[String(decoding: folded.prefix(10), as: UTF8.self)] else { return nil }
        self = field
    }

    /// The field of an argument: a name, or what `register` made of a constant one.
    init?(_ argument: Register) {
        if argument.byteCount == Self.decided {
            self.init(rawValue: UInt8(truncatingIfNeeded: argument.bits))
        } else {
            self.init(name: String(decoding: argument.bytes, as: UTF8.self))
        }
    }

    /// Stands for the field where a function expects its name, so that a constant name is looked up once.
    var register: Register { Register(bits: UInt64(rawValue), byteCount: Self.decided, isNull: false) }

    /// No text has this length.
    private static let decided: Int32 = -1

    static func isNamed(inFirstArgumentOf function: ScalarFunction) -> Bool {
        switch function {
        case .timestampTruncate, .extractFromDate, .extractFromTimestamp, .extractFromTimestamptz, .partOfTimestamp,
            .partOfTimestamptz:
            true
        default: false
        }
    }

    /// Whether the function knows this field; Postgres raises an error for the others.
    func isUsable(by function: ScalarFunction) -> Bool {
        switch function {
        case .timestampTruncate: rawValue <= Self.millennium.rawValue
        case .extractFromDate:
            (rawValue >= Self.day.rawValue && rawValue <= Self.julian.rawValue)
        case .extractFromTimestamp, .partOfTimestamp: rawValue <= Self.julian.rawValue
        default: true
        }
    }

    /// Whether the field only grows with time; such a field of ±infinity is ±infinity, any other is NULL.
    var growsWithTime: Bool {
        switch self {
        case .year, .decade, .century, .millennium, .epoch, .isoyear, .julian: true
        default: false
        }
    }
}
