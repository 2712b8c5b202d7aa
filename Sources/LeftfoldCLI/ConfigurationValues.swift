// The written forms of single values: sizes and times with Postgres's units, shares, addresses.

private let byteUnits = ["B", "kB", "MB", "GB", "TB"]

/// In microseconds, the shortest first; the first name of each length is the one that is printed.
private let timeUnits: [(name: String, length: Int64)] = [
    ("us", 1), ("ms", 1000), ("s", 1_000_000), ("min", 60_000_000), ("m", 60_000_000), ("h", 3_600_000_000),
    ("d", 86_400_000_000),
]

/// Splits `10GB` into its number and its unit. The number is decimal digits only.
private func splitUnit(_ text: String) -> (number: Int, unit: Substring)? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { return nil }
    return (number, text[digits.endIndex...].drop { $0 == " " })
}

/// A size with Postgres's units, multiples of 1024: `B`, `kB`, `MB`, `GB`, `TB`. A number alone is none.
func parseByteCount(_ text: String) -> Int? {
    guard let (number, unit) = splitUnit(text),
        let power = byteUnits.firstIndex(of: String(unit))
    else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (10 * power))
    return overflow ? nil : bytes
}

/// The written form of a size, in the largest unit without a remainder.
func byteCountText(_ byteCount: Int64) -> String {
    let power = byteUnits.indices.last { byteCount % (1 << (10 * $0)) == 0 } ?? 0
    return byteCount == 0 ? "0B" : "\(byteCount >> (10 * power))\(byteUnits[power])"
}

/// A time with Postgres's units `us`, `ms`, `s`, `min`, `h`, `d`, or `m` for minutes; `0` needs none.
func parseDuration(_ text: String) -> Duration? {
    if text == "0" { return .zero }
    guard let (number, unit) = splitUnit(text), let factor = timeUnits.first(where: { $0.name == unit })?.length else {
        return nil
    }
    let (microseconds, overflow) = Int64(number).multipliedReportingOverflow(by: factor)
    return overflow ? nil : .microseconds(microseconds)
}

/// The written form of a time, in the largest unit without a remainder.
func durationText(microseconds: Int64) -> String {
    guard microseconds != 0, let unit = timeUnits.last(where: { $0.name != "m" && microseconds % $0.length == 0 })
    else {
        return "0"
    }
    return "\(microseconds / unit.length)\(unit.name)"
}

extension Duration {
    var wholeMicroseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
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
