public import Relational

/// What a source follows.
public struct SourceConfiguration: Sendable {
    /// The server and database.
    public var url: String
    /// The replication slot.
    public var slot: String
    /// The publication.
    public var publication: String
    /// The tables; empty for all of the publication, or, when that is made, all ordinary ones of schema public.
    public var tables: [QualifiedName]
    /// Whether a missing publication and slot are made.
    public var createMissing: Bool
    /// Where to end: every commit that ends at or before this position is taken, none that starts after it.
    public var untilLSN: LSN?

    /// Bytes of rows that are held before they go to the log: a part of a large transaction, four chunks of the first snapshot.
    public var bufferByteMax: Int

    /// Makes a configuration.
    public init(
        url: String,
        slot: String,
        publication: String,
        tables: [QualifiedName] = [],
        createMissing: Bool = true,
        untilLSN: LSN? = nil,
        bufferByteMax: Int = 8 << 20
    ) {
        self.url = url
        self.slot = slot
        self.publication = publication
        self.tables = tables
        self.createMissing = createMissing
        self.untilLSN = untilLSN
        self.bufferByteMax = bufferByteMax
    }
}
