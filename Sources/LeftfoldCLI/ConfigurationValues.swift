// The written forms of single values: sizes and times with Postgres's units, shares, addresses.

/// Splits `10GB` into its number and its unit. The number is decimal digits only.
private func splitUnit(_ text: String) -> (number: Int, unit: Substring)? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { return nil }
    return (number, text[digits.endIndex...].drop { $0 == " " })
}

/// A size with Postgres's units, multiples of 1024: `B`, `kB`, `MB`, `GB`, `TB`. A number alone is none.
func parseByteCount(_ text: String) -> Int? {
    guard let (number, unit) = splitUnit(text),
        let power = ["B", "kB", "MB", "GB", "TB"].firstIndex(of: String(unit))
    else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (10 * power))
    return overflow ? nil : bytes
}

/// A time with Postgres's units `us`, `ms`, `s`, `min`, `h`, `d`, or `m` for minutes.
func parseDuration(_ text: String) -> Duration? {
    let units = [
        "us": 1, "ms": 1000, "s": 1_000_000, "m": 60_000_000, "min": 60_000_000, "h": 3_600_000_000,
        "d": 86_400_000_000,
    ]
    guard let (number, unit) = splitUnit(text), let factor = units[String(unit)] else { return nil }
    let (microseconds, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : .microseconds(microseconds)
}

/// A percentage above 0 and at most 100, as a part of one.
func parseShare(_ text: String) -> Double? {
    guard text.hasSuffix("%"), text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "." || $0 == "%") }),
        let percent = Double(text.dropLast()), percent > 0, percent <= 100
    else { return nil }
    return percent / 100
}

/// `host:port`; an IPv6 host stands in brackets.
func parseAddress(_ text: String) -> (host: String, port: Int)? {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
        (1...65535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
        host = host.dropFirst().dropLast()
    } else if host.contains(":") {
        return nil
    }
    guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
    return (String(host), port)
}

/// Whether only this machine can reach an address.
func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil } && parts[0] == "127"
}

/// Whether a byte may stand in a slot's or a store's name.
func isLowercaseWordByte(_ byte: UInt8) -> Bool {
    isWordByte(byte) && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
}

extension RetentionConfiguration.Policy {
    /// `compact`, `keep`, a time or a size.
    init?(parsing text: String) {
        if text == "compact" {
            self = .compact
        } else if text == "keep" {
            self = .keep
        } else if let time = parseDuration(text), time > .zero {
            self = .time(time)
        } else if let bytes = parseByteCount(text), bytes > 0 {
            self = .size(bytes: bytes)
        } else {
            return nil
        }
    }
}
