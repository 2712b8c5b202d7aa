public import ViewStores

/// How a store is opened: on the thread that owns it from then on, again and again until it is there.
public struct StoreOpening: Sendable {
    public var kind: String
    /// Where it is, without secrets, as it is shown until it is open.
    public var location: String
    /// Its own `StoreLimits.queueByteMax`; nil for that of all stores.
    public var queueByteMax: Int?
    /// Throws `StoreError.unavailable` or `engine` when it may be there later; whatever else it throws ends the daemon.
    public var open: @Sendable () throws -> NamedStore

    public init(kind: String, location: String, open: @escaping @Sendable () throws -> NamedStore) {
        self.kind = kind
        self.location = location
        self.open = open
    }

    /// A store that is open already; the caller does not use it any more.
    init(_ store: NamedStore) {
        let handed = HandedStore(store)
        self.init(kind: store.kind, location: store.location) { try handed.take() }
    }

    /// Sendable: whoever opened the store keeps no reference to it, and the store's thread takes it once, so that it is closed with that
    /// thread.
    private final class HandedStore: @unchecked Sendable {
        private var store: NamedStore?

        init(_ store: NamedStore) { self.store = store }

        func take() throws(StoreError) -> NamedStore {
            guard let taken = store else { throw StoreError(.unavailable, "the store was closed") }
            store = nil
            return taken
        }
    }
}

/// A store as configuration names it.
public struct NamedStore {
    public var store: any ViewStore
    public var kind: String
    public var location: String

    public init(store: any ViewStore, kind: String, location: String) {
        self.store = store
        self.kind = kind
        self.location = location
    }
}

/// How long the fold bears with a store, and how often a store that fails is tried.
public struct StoreLimits: Sendable {
    /// Packed rows of whole epochs that wait for one store, in bytes; above it no further epoch is kept for the store.
    public var queueByteMax = 64 << 20
    /// How long the fold waits for a store that works but is slower than the fold, until the store has caught up.
    public var slowStorePatience = Duration.seconds(5)
    /// How long views are not brought up because a store neither opens nor fails.
    public var openingPatience = Duration.seconds(10)
    /// The pause after a failure; doubled by each further one up to `retryDelayMax`, and spread by a quarter.
    public var retryDelayMin = Duration.milliseconds(100)
    public var retryDelayMax = Duration.seconds(10)
    /// The pause before a view's name that was taken is looked at again; doubled by each further look up to `nameDelayMax`.
    public var nameDelayMin = Duration.seconds(1)
    public var nameDelayMax = Duration.seconds(60)
    /// The pause before the views of a store that lost rows for the second time are built again; doubled by each further loss.
    public var lossDelayMin = Duration.seconds(1)
    public var lossDelayMax = Duration.seconds(300)
    /// How long the end of the fold waits for a store's thread that is inside a call.
    public var closingPatience = Duration.seconds(5)

    public init() {}

    /// The pause after so many failures in a row.
    func delay(after failures: Int) -> Duration {
        Self.doubled(retryDelayMin, failures, retryDelayMax) * Double.random(in: 0.75...1.25)
    }

    /// The pause after a name was found taken so many times in a row.
    func nameDelay(after looks: Int) -> Duration { Self.doubled(nameDelayMin, looks, nameDelayMax) }

    /// The pause after the views were built again in vain so many times in a row.
    func lossDelay(after builds: Int) -> Duration { Self.doubled(lossDelayMin, builds, lossDelayMax) }

    private static func doubled(_ first: Duration, _ count: Int, _ most: Duration) -> Duration {
        min(first * Double(UInt64(1) << UInt64(min(max(count, 1) - 1, 20))), most)
    }
}
