public import Relational

extension EventLog {
    /// The source the log follows; nil before `follow`.
    public var source: SourceIdentity? { monitor.withLock { state.manifest.source } }

    /// Binds the log to a source on first use, or notes that its timeline has moved on; durable on return.
    ///
    /// - Throws: `foreign` when the log follows another source, or a later timeline of it.
    public func follow(_ source: SourceIdentity) throws(LogError) {
        guard source.isWellFormed else {
            throw LogError(.invalidAppend, "a source's identifier is printable ASCII without spaces")
        }
        try replaceManifest { (manifest) throws(LogError) in
            if let known = manifest.source { try checkFollows(source, known) }
            manifest.source = source
        }
    }

    private func checkFollows(_ source: SourceIdentity, _ known: SourceIdentity) throws(LogError) {
        let place = LogError.Place(path: "\(directory)/\(Manifest.name)")
        guard source.systemIdentifier == known.systemIdentifier else {
            throw LogError(
                .foreign,
                "the log follows source \(known.systemIdentifier), not \(source.systemIdentifier)",
                hint: "connect to the server the log was begun with, or begin a new log in another data folder",
                place: place
            )
        }
        guard source.timeline >= known.timeline else {
            throw LogError(
                .foreign,
                "the server is on timeline \(source.timeline) and the log on \(known.timeline)",
                hint: "connect to the primary of the newest timeline",
                place: place
            )
        }
    }

    /// The id of a schema, appending a *schema* frame when it differs from the relation's current one.
    ///
    /// Ids are dense and never used twice in a log. A schema that was not flushed before a crash is registered again after it.
    public func register(_ schema: RelationSchema, readAt position: SourcePosition) throws(LogError) -> SchemaID {
        guard SchemaPayload.isSound(schema) else {
            throw LogError(.invalidAppend, "schema of \(schema.name) names columns that it does not have")
        }
        return try monitor.withLock { () throws(LogError) in
            try state.checkWritable()
            let schemas = state.history.schemas
            if let current = schemas.current[schema.relationID], schemas[current] == schema { return current }
            var payload = ByteSlab(capacity: 1024)
            let id = schemas.next
            try SchemaPayload.encode(id: id, schema: schema, into: &payload)
            _ = try appendFrame(
                .schema,
                TransactionHeader(xid: 0, commitEnd: position, commitTime: 0),
                .none,
                payload.bytes,
                0
            )
            return id
        }
    }

    /// A schema by its id; nil when the log has none of that id.
    public func schema(_ id: SchemaID) -> RelationSchema? { monitor.withLock { state.history.schemas[id] } }

    /// The id of each relation's newest schema.
    public var currentSchemas: [RelationID: SchemaID] { monitor.withLock { state.history.schemas.current } }
}
