import Relational

/// Turns changes into the log's records, in place: one pass from the message's bytes to the slab.
///
/// What the source did not send stays unsent: *unchanged* columns are listed, never guessed. A change that does not say which
/// row it means is an error.
struct ChangeDecoder: ~Copyable {
    /// The records of the current transaction, or of its current part.
    var slab = ByteSlab(capacity: 64 << 10)
    /// How many they are.
    private(set) var recordCount = 0
    private let relations: RelationTable
    private var unchanged: [Int] = []
    private var unexpectedNulls: [Int] = []

    init(_ relations: RelationTable) { self.relations = relations }

    /// Forgets the records.
    mutating func removeAll(keeping byteCount: Int) {
        slab.removeAll()
        recordCount = 0
        slab.shrink(keeping: byteCount)
    }

    /// Appends an inserted row.
    mutating func append(_ message: InsertMessage, at lsn: LSN) throws {
        guard let layout = try relations.layout(of: message.relation) else { return }
        try check(message.new, layout, lsn)
        let record = slab.beginRecord(.insert, schema: layout.id, hasNew: true, hasOld: false)
        unchanged.removeAll(keepingCapacity: true)
        try appendNewRow(message.new, old: nil, layout, lsn)
        guard unchanged.isEmpty else {
            throw SourceError(
                .malformedMessage,
                "an insert into \(layout.schema.name) leaves out a value",
                detail: "at \(lsn)"
            )
        }
        try end(record, layout, lsn)
    }

    /// Appends a changed row.
    mutating func append(_ message: UpdateMessage, at lsn: LSN) throws {
        guard let layout = try relations.layout(of: message.relation) else { return }
        try check(message.new, layout, lsn)
        var full: TupleData?
        var key: TupleData?
        switch message.old {
        case .none: break
        case .key(let tuple): key = tuple
        case .full(let tuple): full = tuple
        }
        guard !layout.schema.identityColumns.isEmpty, !layout.hasFullIdentity || full != nil else {
            throw Self.unidentified("update", layout, lsn)
        }
        let record = slab.beginRecord(
            .update,
            schema: layout.id,
            hasNew: true,
            hasOld: full != nil || key != nil,
            oldIsIdentityOnly: key != nil
        )
        unchanged.removeAll(keepingCapacity: true)
        if let full { try check(full, layout, lsn) }
        try appendNewRow(message.new, old: full, layout, lsn)
        if key == nil, full == nil, unchanged.contains(where: { layout.isIdentity[$0] }) {
            throw Self.unidentified("update", layout, lsn)
        }
        if let full { try appendOldRow(full, layout, lsn) }
        if let key { try appendKey(key, "update", layout, lsn) }
        try end(record, layout, lsn)
    }

    /// Appends a deleted row.
    mutating func append(_ message: DeleteMessage, at lsn: LSN) throws {
        guard let layout = try relations.layout(of: message.relation) else { return }
        guard !layout.schema.identityColumns.isEmpty else { throw Self.unidentified("delete", layout, lsn) }
        switch message.old {
        case .none: throw Self.unidentified("delete", layout, lsn)
        case .key(let tuple):
            let record = slab.beginRecord(
                .delete,
                schema: layout.id,
                hasNew: false,
                hasOld: true,
                oldIsIdentityOnly: true
            )
            try appendKey(tuple, "delete", layout, lsn)
            try end(record, layout, lsn)
        case .full(let tuple):
            try check(tuple, layout, lsn)
            let record = slab.beginRecord(.delete, schema: layout.id, hasNew: false, hasOld: true)
            try appendOldRow(tuple, layout, lsn)
            try end(record, layout, lsn)
        }
    }

    /// Appends one record for each emptied relation.
    mutating func append(_ message: TruncateMessage, at lsn: LSN) throws {
        for relation in message.relations {
            guard let layout = try relations.layout(of: relation) else { continue }
            let record = slab.beginRecord(.truncate, schema: layout.id, hasNew: false, hasOld: false)
            slab.endRecord(record)
            recordCount += 1
        }
    }

    private mutating func end(_ record: Int, _ layout: RelationLayout, _ lsn: LSN) throws {
        if !unexpectedNulls.isEmpty {
            let loosened = try relations.loosen(layout, columns: unexpectedNulls, at: lsn)
            unexpectedNulls.removeAll()
            slab.store(loosened.id.rawValue, at: record + 4)
        }
        slab.endRecord(record, unchanged: unchanged)
        unchanged.removeAll(keepingCapacity: true)
        recordCount += 1
    }

    /// `old`, when given, is the whole old row and fills in what the new one leaves out: both have the same value there.
    private mutating func appendNewRow(
        _ tuple: TupleData,
        old: TupleData?,
        _ layout: RelationLayout,
        _ lsn: LSN
    ) throws(SourceError) {
        let row = slab.beginRow(columnCount: layout.columnCount)
        var oldColumns = old?.makeIterator()
        var index = 0
        for column in tuple {
            let before = oldColumns?.next()
            switch column {
            case .text(let text): try decode(text, index, row, layout, lsn)
            case .null: if layout.isNotNull[index] { unexpectedNulls.append(index) }
            case .unchanged:
                if case .text(let text)? = before {
                    try decode(text, index, row, layout, lsn)
                } else {
                    unchanged.append(index)
                }
            }
            index += 1
        }
        slab.endRow(row)
    }

    private mutating func appendOldRow(
        _ tuple: TupleData,
        _ layout: RelationLayout,
        _ lsn: LSN
    ) throws(SourceError) {
        let row = slab.beginRow(columnCount: layout.columnCount)
        var index = 0
        for column in tuple {
            switch column {
            case .text(let text): try decode(text, index, row, layout, lsn)
            case .null: if layout.isNotNull[index] { unexpectedNulls.append(index) }
            case .unchanged:
                throw SourceError(
                    .malformedMessage,
                    "an old row of \(layout.schema.name) leaves out a value",
                    detail: "at \(lsn)"
                )
            }
            index += 1
        }
        slab.endRow(row)
    }

    private mutating func appendKey(
        _ tuple: TupleData,
        _ operation: String,
        _ layout: RelationLayout,
        _ lsn: LSN
    ) throws(SourceError) {
        try check(tuple, layout, lsn)
        let row = slab.beginRow(columnCount: layout.columnCount)
        var index = 0
        for column in tuple {
            if layout.isIdentity[index] {
                guard case .text(let text) = column else { throw Self.unidentified(operation, layout, lsn) }
                try decode(text, index, row, layout, lsn)
            }
            index += 1
        }
        slab.endRow(row)
    }

    @inline(__always)
    private mutating func decode(
        _ text: UnsafeRawBufferPointer,
        _ column: Int,
        _ row: Int,
        _ layout: RelationLayout,
        _ lsn: LSN
    ) throws(SourceError) {
        do {
            try TextCodec.decode(text, as: layout.encodings[column], column: column, row: row, into: &slab)
        } catch {
            throw ValueError.malformed(layout.schema, column, "at \(lsn)")
        }
    }

    @inline(__always)
    private func check(_ tuple: TupleData, _ layout: RelationLayout, _ lsn: LSN) throws(SourceError) {
        guard tuple.columnCount == layout.columnCount else {
            throw SourceError(
                .malformedMessage,
                "a row of \(layout.schema.name) has \(tuple.columnCount) columns where \(layout.columnCount) were announced",
                detail: "at \(lsn)"
            )
        }
    }

    private static func unidentified(_ operation: String, _ layout: RelationLayout, _ lsn: LSN) -> SourceError {
        SourceError(
            .identityUnknown,
            "an \(operation) of \(layout.schema.name) does not say which row it means",
            detail: "at \(lsn)",
            hint: "give the table a primary key, or: ALTER TABLE \(layout.schema.name.quoted) REPLICA IDENTITY FULL;"
        )
    }
}

/// Errors of single values; they never hold the value.
enum ValueError {
    static func malformed(_ schema: RelationSchema, _ column: Int, _ place: String) -> SourceError {
        let column = schema.columns[column]
        return SourceError(
            .malformedValue,
            "column \(column.name) of \(schema.name) holds a text that is not a \(column.type)",
            detail: place,
            hint: "leftfold doctor"
        )
    }
}
