/// How a connection presents itself, beyond what its URL says.
public struct ConnectionOptions: Sendable {
    /// `application_name`, unless the URL gives one.
    public var applicationName = "leftfold"
    /// Whether replication commands are wanted (`replication=database`); such a connection knows no query parameters.
    public var isReplication = false
    /// How long opening may take, unless the URL says.
    public var connectTimeout: Duration = .seconds(10)
    /// Session settings in addition to the pinned ones.
    public var settings: [String: String] = [:]
    /// Ends waits from another thread.
    public var wakeSignal: WakeSignal?

    /// An ordinary connection.
    public init() {}

    /// A connection for replication commands.
    public static func replication(wakeSignal: WakeSignal? = nil) -> ConnectionOptions {
        var options = ConnectionOptions()
        options.isReplication = true
        options.wakeSignal = wakeSignal
        return options
    }

    /// What changes the text form of a value, a query's meaning or its life, equal on every connection of ours.
    ///
    /// `row_security` off makes a table with row security an error instead of being read in part.
    static let pinnedSettings = [
        ("DateStyle", "ISO"), ("IntervalStyle", "postgres"), ("TimeZone", "UTC"), ("extra_float_digits", "1"),
        ("bytea_output", "hex"), ("row_security", "off"), ("standard_conforming_strings", "on"), ("lc_monetary", "C"),
        ("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0"),
    ]

    /// The `options` keyword of libpq: the URL's own first, so that the pinned ones win.
    func startupOptions(from given: String?) -> String {
        var words = given.map { [$0] } ?? []
        let extra = settings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        words += (extra + Self.pinnedSettings).map { "-c \($0)=\(Self.escaped($1))" }
        return words.joined(separator: " ")
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            if character.isWhitespace || character == "\\" { text.append("\\") }
            text.append(character)
        }
    }
}
