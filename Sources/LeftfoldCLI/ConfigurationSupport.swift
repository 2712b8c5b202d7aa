/// What this version honours of the configuration's surface. The rest is read, checked and then refused, never ignored.
struct ConfigurationSupport: Sendable {
    var hasMemoryBudget: Bool
    var hasHTTPListener: Bool

    /// This version.
    static let current = ConfigurationSupport(
        hasMemoryBudget: false,
        hasHTTPListener: false
    )

    /// Everything that can be written.
    static let everything = ConfigurationSupport(
        hasMemoryBudget: true,
        hasHTTPListener: true
    )
}
