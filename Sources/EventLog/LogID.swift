/// The identity of one log (a UUID), given at its creation; stores remember it beside their progress.
public struct LogID: Hashable, Sendable, CustomStringConvertible {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A random identity (UUID version 4).
    public static func random(using generator: inout some RandomNumberGenerator) -> LogID {
        let high: UInt64 = generator.next()
        let low: UInt64 = generator.next()
        return LogID(high: high & ~0xF000 | 0x4000, low: low & ~(3 << 62) | 1 << 63)
    }

    /// A random identity from the system's generator.
    public static func random() -> LogID {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// Parses the form that `description` has; nil when it is not one.
    public init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return nil }
        let digits = parts.joined()
        guard digits.utf8.count == 32, digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let high = UInt64(digits.prefix(16), radix: 16), let low = UInt64(digits.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    public var description: String {
        let digits = [high, low].map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }.joined()
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text += "-" }
            text.append(digit)
        }
        return text
    }
}
