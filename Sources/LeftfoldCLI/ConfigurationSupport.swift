/// What this version honours of the configuration's surface. The rest is read, checked and then refused, never ignored.
struct ConfigurationSupport: Sendable {
    var storeKinds: Set<StoreConfiguration.Kind>
    var hasMemoryBudget: Bool
    var hasScheduledVerify: Bool
    var hasHTTPListener: Bool

    /// This version.
    static let current = ConfigurationSupport(
        storeKinds: [.sqlite, .postgres, .redis, .opensearch],
        hasMemoryBudget: false,
        hasScheduledVerify: true,
        hasHTTPListener: false
    )

    /// Everything that can be written.
    static let everything = ConfigurationSupport(
        storeKinds: Set(StoreConfiguration.Kind.allCases),
        hasMemoryBudget: true,
        hasScheduledVerify: true,
        hasHTTPListener: true
    )
}
