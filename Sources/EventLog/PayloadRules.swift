import Relational

/// What the payload of each kind of frame must be.
enum PayloadRules {
    /// Checks a payload whose checksum is right; `schema` gives the log's schemas.
    ///
    /// - Throws: `corrupt` with the place of the record that breaks a rule.
    static func check(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        _ validator: inout RecordValidator,
        at place: LogError.Place,
        schema: (SchemaID) -> RelationSchema?
    ) throws(LogError) {
        let isWellFormed: Bool
        switch header.kind {
        case .commit, .part, .snapshot, .application:
            return try checkRecords(header, payload, &validator, at: place, schema: schema)
        case .snapshotComplete, .generation: isWellFormed = RelationListPayload.decode(payload) != nil
        case .schema: isWellFormed = SchemaPayload.decode(payload) != nil
        case .position, .clockTick: isWellFormed = payload.isEmpty
        }
        guard isWellFormed else { throw .corrupt("the payload of a \(header.kind) frame is malformed", at: place) }
    }

    private static func checkRecords(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        _ validator: inout RecordValidator,
        at place: LogError.Place,
        schema: (SchemaID) -> RelationSchema?
    ) throws(LogError) {
        var position = 0
        var count = 0
        while true {
            validator.walk(payload, from: &position, counting: &count)
            if position == payload.count { break }
            // The record names a schema that this reader has not met, or is malformed.
            let known = validator.schemaCount
            if let id = validator.schemaID(UnsafeRawBufferPointer(rebasing: payload[position...])) {
                validator.learn(upTo: id, from: schema)
            }
            guard validator.schemaCount > known else {
                throw .corrupt("record \(count) of a frame is malformed", at: place.moved(position, count))
            }
        }
        guard count == header.recordCount else {
            throw .corrupt("the frame holds \(count) records and tells \(header.recordCount)", at: place)
        }
        if header.isSparse { try checkDistances(header, payload, at: place) }
    }

    /// The records of a sparse frame lie at ascending distances, within the offsets that it uses.
    private static func checkDistances(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        at place: LogError.Place
    ) throws(LogError) {
        var next = 0
        for record in FrameRecords(payload) {
            guard record.offsetDistance >= next, record.offsetDistance < header.offsetCount else {
                throw .corrupt("the records of a sparse frame are out of order", at: place)
            }
            next = record.offsetDistance + 1
        }
    }
}

extension LogError.Place {
    /// The place of a record of the frame that begins here.
    fileprivate func moved(_ payloadPosition: Int, _ record: Int) -> LogError.Place {
        LogError.Place(
            path: path,
            byteOffset: byteOffset.map { $0 + Int64(StoredFrame.headerByteCount + payloadPosition) },
            offset: offset.map { Offset($0.rawValue + Int64(record)) }
        )
    }
}
