import Relational

/// What the frames of a log say in sum: schemas, groups and the last source position. The same for recovery, check and append.
struct LogHistory {
    var schemas = SchemaTable()
    var groups = GroupTable()
    /// Of the last *commit* or *position* frame that has one.
    private(set) var source = SourcePosition.none
    private(set) var sourceTime: Int64 = 0
    /// Where the last frame ends that is no member of a group: a log that is cut there holds every unit whole or not at all.
    private(set) var unitEnd = Offset.zero

    init() {}

    /// As it was written down.
    init(
        schemas: [RelationSchema],
        groups: GroupTable,
        source: SourcePosition,
        sourceTime: Int64,
        unitEnd: Offset
    ) {
        for schema in schemas { self.schemas.add(schema) }
        self.groups = groups
        self.source = source
        self.sourceTime = sourceTime
        self.unitEnd = unitEnd
    }

    /// Takes note of the next frame; `payload` is looked at for *schema* frames only.
    mutating func note(
        _ header: FrameHeader,
        payload: UnsafeRawBufferPointer?,
        at place: @autoclosure () -> LogError.Place
    ) throws(LogError) {
        if let fault = groups.note(header) { throw .corrupt(fault, at: place()) }
        if !header.kind.isGroupMember { unitEnd = header.endOffset }
        switch header.kind {
        case .commit, .position:
            guard header.commitEnd.lsn != .zero else { return }
            source = header.commitEnd
            sourceTime = header.commitTime
        case .schema:
            guard let payload, let (id, schema) = SchemaPayload.decode(payload), id == schemas.next else {
                throw .corrupt("the schema frame does not hold the schema with id \(schemas.next)", at: place())
            }
            schemas.add(schema)
        case .snapshotComplete:
            // A snapshot is the state at its position; one that is read while the log goes on may end behind it.
            guard header.commitEnd.timeline >= source.timeline, header.commitEnd.lsn > source.lsn else { return }
            source = header.commitEnd
            sourceTime = header.commitTime
        case .part, .snapshot, .clockTick, .application, .generation:
            return
        }
    }

    /// Takes in what the compacted part stands for, though the frames that said so may be gone.
    mutating func reach(_ manifest: Manifest) {
        groups.reserve(below: manifest.groups)
        unitEnd = max(unitEnd, manifest.horizon.offset)
        let position = manifest.horizon.position
        guard position.timeline > source.timeline || position.lsn > source.lsn else { return }
        source = position
        sourceTime = manifest.horizon.time
    }

    /// Why the source position of a frame may not follow the log's last one; nil when it may.
    func refusal(_ kind: FrameKind, at position: SourcePosition) -> String? {
        guard kind == .commit || kind == .position, position.lsn != .zero, source.lsn != .zero else { return nil }
        if position.timeline > source.timeline { return nil }
        let isOlder = kind == .commit ? position.lsn <= source.lsn : position.lsn < source.lsn
        guard position.timeline < source.timeline || isOlder else { return nil }
        return "\(kind) at \(position) after \(source): the log already holds every commit up to there"
    }
}
