/// What this version honours of the configuration's surface. The rest is read, checked and then refused, never ignored.
struct ConfigurationSupport: Sendable {
    var hasHTTPListener: Bool

    /// This version.
    static let current = ConfigurationSupport(
        hasHTTPListener: false
    )

    /// Everything that can be written.
    static let everything = ConfigurationSupport(
        hasHTTPListener: true
    )
}
