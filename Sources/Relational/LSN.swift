/// A byte position in Postgres's write-ahead log, printed as `X/Y` in upper-case hexadecimal like `pg_lsn`.
@frozen
public struct LSN: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64

    @inlinable
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// Parses the text form of `pg_lsn`; nil when it is not one.
    public init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...8).contains($0.utf8.count) }),
            let high = UInt32(parts[0], radix: 16), let low = UInt32(parts[1], radix: 16)
        else { return nil }
        rawValue = UInt64(high) << 32 | UInt64(low)
    }

    public static let zero = LSN(0)

    @inlinable
    public static func < (left: LSN, right: LSN) -> Bool { left.rawValue < right.rawValue }

    public var description: String {
        String(rawValue >> 32, radix: 16, uppercase: true) + "/"
            + String(rawValue & 0xFFFF_FFFF, radix: 16, uppercase: true)
    }
}

/// A place in the history of one Postgres server: LSNs compare only within one timeline.
public struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
    public var timeline: UInt32
    public var lsn: LSN

    public init(timeline: UInt32, lsn: LSN) {
        self.timeline = timeline
        self.lsn = lsn
    }

    public static let none = SourcePosition(timeline: 0, lsn: .zero)

    public var description: String { "\(timeline):\(lsn)" }
}
