/// A value as Postgres prints it, compared byte for byte: Swift takes "é" and "e" with an accent for equal strings.
struct PostgresText: Hashable, ExpressibleByStringInterpolation {
    let utf8: [UInt8]

    init(utf8: some Sequence<UInt8>) { self.utf8 = Array(utf8) }

    init(_ text: String) { utf8 = Array(text.utf8) }

    init(stringLiteral value: String) { utf8 = Array(value.utf8) }
}
