import Relational

/// Checks change records before anything reads them, by the rules of `ChangeRecord.validate`.
///
/// Each schema's layout is kept flat: on the way from file to fold every record passes here, and an array of encodings looked up
/// and walked per record would cost more than reading the file.
struct RecordValidator: ~Copyable {
    struct Layout: BitwiseCopyable {
        var columnCount: Int
        /// Where the variable part of a row starts.
        var slotsEnd: Int
        var slotsStart: Int
        /// The variable columns, in `variableColumns`.
        var variableStart: Int
        var variableEnd: Int
    }

    private var layouts = GrowableBuffer<Layout>()
    private var variableColumns = GrowableBuffer<Int>()

    /// How many schemas are known; the next one added has this id.
    var schemaCount: Int { layouts.count }

    mutating func add(_ schema: RelationSchema) {
        let start = variableColumns.count
        for (index, column) in schema.columns.enumerated() where !column.type.encoding.isFixed {
            variableColumns.append(index)
        }
        let slotsStart = RowView.slotsStart(columnCount: schema.columns.count)
        layouts.append(
            Layout(
                columnCount: schema.columns.count,
                slotsEnd: slotsStart + 8 * schema.columns.count,
                slotsStart: slotsStart,
                variableStart: start,
                variableEnd: variableColumns.count
            )
        )
    }

    /// Adds schemas in the order of their ids until `id` is known or there is no further one.
    mutating func learn(upTo id: SchemaID, from schema: (SchemaID) -> RelationSchema?) {
        while schemaCount <= id.rawValue, let next = schema(SchemaID(UInt32(schemaCount))) { add(next) }
    }

    /// The schema id of the record that `bytes` start with, as it stands there.
    func schemaID(_ bytes: UnsafeRawBufferPointer) -> SchemaID? {
        bytes.count >= 16 ? SchemaID(bytes.load(fromByteOffset: 4, as: UInt32.self)) : nil
    }

    /// Walks well-formed records from `position` on, counting them; stops at the end or at the first that is not well formed.
    func walk(_ bytes: UnsafeRawBufferPointer, from position: inout Int, counting count: inout Int) {
        guard let base = bytes.baseAddress else { return }
        var at = position
        var found = 0
        while at < bytes.count {
            let record = UnsafeRawBufferPointer(start: base + at, count: bytes.count &- at)
            guard let byteCount = validate(record) else { break }
            at &+= byteCount
            found &+= 1
        }
        position = at
        count += found
    }

    /// The byte count of the well-formed record that `bytes` start with, or nil. `bytes` is aligned to 8.
    @inline(__always)
    func validate(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= 16, let base = bytes.baseAddress else { return nil }
        let byteCount = Int(base.load(as: UInt32.self))
        let schema = Int(base.load(fromByteOffset: 4, as: UInt32.self))
        let operation = base.load(fromByteOffset: 8, as: UInt8.self)
        let flags = base.load(fromByteOffset: 9, as: UInt8.self)
        guard byteCount & 7 == 0, byteCount >= 16, byteCount <= bytes.count, operation &- 1 < 4, flags & ~7 == 0,
            schema < layouts.count, (flags & 1 != 0) == (operation <= ChangeOperation.update.rawValue)
        else { return nil }
        let layout = layouts.base[schema]
        var position = 16
        if flags & 1 != 0 {
            let row = validateRow(base + position, available: byteCount - position, layout)
            guard row > 0 else { return nil }
            position += row
        }
        if flags & 2 != 0 {
            let row = validateRow(base + position, available: byteCount - position, layout)
            guard row > 0 else { return nil }
            position += row
        }
        let unchanged = Int(base.load(fromByteOffset: 10, as: UInt16.self))
        if unchanged > 0 {
            guard position + 2 * unchanged <= byteCount else { return nil }
            for _ in 0..<unchanged {
                guard Int(base.load(fromByteOffset: position, as: UInt16.self)) < layout.columnCount else { return nil }
                position += 2
            }
        }
        return byteCount - position < 8 ? byteCount : nil
    }

    /// The byte count of the row at `base`, or 0 when it is not well formed.
    @inline(__always)
    private func validateRow(_ base: UnsafeRawPointer, available: Int, _ layout: Layout) -> Int {
        guard available >= 8 else { return 0 }
        let byteCount = Int(base.load(as: UInt32.self))
        let header = base.load(fromByteOffset: 4, as: UInt32.self)
        guard byteCount & 7 == 0, byteCount <= available, byteCount >= layout.slotsEnd,
            Int(header & 0x7FF) == layout.columnCount
        else { return 0 }
        let isWide = layout.columnCount > 21
        var next = layout.slotsEnd
        if header >> 11 == 0, !isWide {
            let slots = base + layout.slotsStart
            var index = layout.variableStart
            while index < layout.variableEnd {
                let slot = slots.load(fromByteOffset: 8 * variableColumns.base[index], as: UInt64.self)
                guard Int(slot & 0xFFFF_FFFF) == next else { return 0 }
                next += Int(slot >> 32)
                index += 1
            }
        } else {
            next = variableEnd(RowView(base), layout)
        }
        return next <= byteCount && byteCount - next < 8 ? byteCount : 0
    }

    /// Where the variable part of a row with NULLs ends; `Int.max` when a slot is out of place.
    private func variableEnd(_ row: RowView, _ layout: Layout) -> Int {
        var next = layout.slotsEnd
        var index = layout.variableStart
        for column in 0..<layout.columnCount {
            let slot = row.base.load(fromByteOffset: layout.slotsStart + 8 * column, as: UInt64.self)
            let isVariable = index < layout.variableEnd && variableColumns.base[index] == column
            if isVariable { index += 1 }
            if row.isNull(column) {
                guard slot == 0 else { return .max }
            } else if isVariable {
                guard Int(slot & 0xFFFF_FFFF) == next else { return .max }
                next += Int(slot >> 32)
            }
        }
        return next
    }
}
