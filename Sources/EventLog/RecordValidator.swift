import Relational

/// Checks change records before anything reads them, by the rules of `ChangeRecord.validate`.
///
/// Each schema's layout is kept flat and stays in registers along a run of records of one schema: on the way from file to fold every
/// record passes here, and reading it from memory costs less than 6 ns.
struct RecordValidator: ~Copyable {
    struct Layout: BitwiseCopyable {
        var columnCount: Int
        /// The second word of a row without NULLs; no row's for a table so wide that the word cannot tell.
        var plainHeader: UInt32
        /// Where the variable part of a row starts.
        var slotsEnd: Int
        /// The variable columns, in `variableColumns`.
        var variableStart: Int
        var variableEnd: Int
    }

    // Not private: Swift 6.3.1 then ends in an error of its own, in debug builds.
    struct VariableColumn: BitwiseCopyable {
        var index: UInt32
        /// Where its slot lies in a row.
        var position: UInt32
    }

    private var layouts = GrowableBuffer<Layout>()
    private var variableColumns = GrowableBuffer<VariableColumn>()

    /// How many schemas are known; the next one added has this id.
    var schemaCount: Int { layouts.count }

    mutating func add(_ schema: RelationSchema) {
        let start = variableColumns.count
        let columnCount = schema.columns.count
        let slotsStart = RowView.slotsStart(columnCount: columnCount)
        for (index, column) in schema.columns.enumerated() where !column.type.encoding.isFixed {
            variableColumns.append(VariableColumn(index: UInt32(index), position: UInt32(slotsStart + 8 * index)))
        }
        layouts.append(
            Layout(
                columnCount: columnCount,
                plainHeader: columnCount <= 21 ? UInt32(columnCount) : .max,
                slotsEnd: slotsStart + 8 * columnCount,
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
        let end = bytes.count
        var at = position
        var found = 0
        walk: while end &- at >= 16 {
            let schema = Self.schema(base + at)
            guard schema < layouts.count else { break }
            let layout = layouts.base[schema]
            repeat {
                var byteCount = plainByteCount(base + at, available: end &- at, layout)
                if byteCount == 0 { byteCount = recordByteCount(base + at, available: end &- at, layout) }
                if byteCount == 0 { break walk }
                at &+= byteCount
                found &+= 1
            } while end &- at >= 16 && Self.schema(base + at) == schema
        }
        position = at
        count += found
    }

    /// The byte count of the well-formed record that `bytes` start with, or nil. `bytes` is aligned to 8.
    func validate(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= 16, let base = bytes.baseAddress, Self.schema(base) < layouts.count else { return nil }
        let byteCount = recordByteCount(base, available: bytes.count, layouts.base[Self.schema(base)])
        return byteCount > 0 ? byteCount : nil
    }

    @inline(__always)
    private static func schema(_ record: UnsafeRawPointer) -> Int {
        Int(record.load(fromByteOffset: 4, as: UInt32.self))
    }

    /// The byte count of a record that is nothing but a new row without NULLs, as most are; 0 for any other, well formed or not.
    @inline(__always)
    private func plainByteCount(_ base: UnsafeRawPointer, available: Int, _ layout: Layout) -> Int {
        let byteCount = Int(base.load(as: UInt32.self))
        let shape = base.load(fromByteOffset: 8, as: UInt32.self)
        guard byteCount & 7 == 0, byteCount <= available, byteCount >= 16 &+ layout.slotsEnd,
            shape == 0x0101 || shape == 0x0102,
            Int(base.load(fromByteOffset: 16, as: UInt32.self)) == byteCount &- 16,
            base.load(fromByteOffset: 20, as: UInt32.self) == layout.plainHeader
        else { return 0 }
        let rest = byteCount &- 16 &- plainEnd(base + 16, layout)
        return rest >= 0 && rest < 8 ? byteCount : 0
    }

    /// Where the variable part of a row without NULLs ends; `Int.max` when a slot is out of place.
    ///
    /// The variable values lie one after the other. A sum of 1600 lengths of 32 bits does not overflow.
    @inline(__always)
    private func plainEnd(_ row: UnsafeRawPointer, _ layout: Layout) -> Int {
        var next = layout.slotsEnd
        var column = variableColumns.base + layout.variableStart
        let end = variableColumns.base + layout.variableEnd
        while column < end {
            let slot = row.load(fromByteOffset: Int(column.pointee.position), as: UInt64.self)
            guard Int(slot & 0xFFFF_FFFF) == next else { return .max }
            next &+= Int(slot &>> 32)
            column += 1
        }
        return next
    }

    /// Which flags go with which operation, a bit for each: inserts and updates have a new row, the others have none.
    private static var shapes: UInt64 { 0xAA << 8 | 0xAA << 16 | 0x55 << 24 | 0x55 << 32 }

    /// The byte count of the record at `base`, or 0 when it is not well formed; 16 bytes at least are there.
    @inline(__always)
    private func recordByteCount(_ base: UnsafeRawPointer, available: Int, _ layout: Layout) -> Int {
        let byteCount = Int(base.load(as: UInt32.self))
        let shape = base.load(fromByteOffset: 8, as: UInt32.self)
        guard byteCount & 7 == 0, byteCount >= 16, byteCount <= available, shape & 0xF8F8 == 0,
            Self.shapes &>> UInt64((shape & 7) &<< 3 | shape &>> 8 & 7) & 1 != 0
        else { return 0 }
        var position = 16
        if shape & 0x100 != 0 {
            let row = rowByteCount(base + position, available: byteCount &- position, layout)
            guard row > 0 else { return 0 }
            position &+= row
        }
        if shape & 0x200 != 0 {
            let row = rowByteCount(base + position, available: byteCount &- position, layout)
            guard row > 0 else { return 0 }
            position &+= row
        }
        let unchanged = Int(shape &>> 16)
        if unchanged > 0 {
            guard position + 2 * unchanged <= byteCount else { return 0 }
            for _ in 0..<unchanged {
                guard Int(base.load(fromByteOffset: position, as: UInt16.self)) < layout.columnCount else { return 0 }
                position += 2
            }
        }
        return byteCount &- position < 8 ? byteCount : 0
    }

    /// The byte count of the row at `base`, or 0 when it is not well formed.
    @inline(__always)
    private func rowByteCount(_ base: UnsafeRawPointer, available: Int, _ layout: Layout) -> Int {
        guard available >= 8 else { return 0 }
        let byteCount = Int(base.load(as: UInt32.self))
        let header = base.load(fromByteOffset: 4, as: UInt32.self)
        guard byteCount & 7 == 0, byteCount <= available, byteCount >= layout.slotsEnd,
            Int(header & 0x7FF) == layout.columnCount
        else { return 0 }
        let next =
            header == layout.plainHeader
            ? plainEnd(base, layout)
            : variableEnd(
                RowView(base),
                from: layout.slotsEnd,
                columnCount: layout.columnCount,
                variableColumns.base + layout.variableStart,
                layout.variableEnd &- layout.variableStart
            )
        return next <= byteCount && byteCount &- next < 8 ? byteCount : 0
    }

    /// Where the variable part of a row with NULLs ends; `Int.max` when a slot is out of place.
    @inline(never)
    private func variableEnd(
        _ row: RowView,
        from slotsEnd: Int,
        columnCount: Int,
        _ variable: UnsafeMutablePointer<VariableColumn>,
        _ variableCount: Int
    ) -> Int {
        if columnCount <= 21 {
            return narrowVariableEnd(row, from: slotsEnd, columnCount: columnCount, variable, variableCount)
        }
        let slotsStart = row.slotsStart
        for column in 0..<columnCount where row.isNull(column) {
            guard row.base.load(fromByteOffset: slotsStart + 8 * column, as: UInt64.self) == 0 else { return .max }
        }
        var next = slotsEnd
        for column in UnsafeBufferPointer(start: variable, count: variableCount) where !row.isNull(Int(column.index)) {
            let slot = row.base.load(fromByteOffset: Int(column.position), as: UInt64.self)
            guard Int(slot & 0xFFFF_FFFF) == next else { return .max }
            next &+= Int(slot &>> 32)
        }
        return next
    }

    /// The same with all null bits in the row's first word.
    @inline(__always)
    private func narrowVariableEnd(
        _ row: RowView,
        from slotsEnd: Int,
        columnCount: Int,
        _ variable: UnsafeMutablePointer<VariableColumn>,
        _ variableCount: Int
    ) -> Int {
        let nulls = row.base.load(fromByteOffset: 4, as: UInt32.self) &>> 11
        // Bits beyond the last column say nothing.
        var left = nulls & ((1 &<< UInt32(columnCount)) &- 1)
        while left != 0 {
            let at = 8 &+ 8 &* left.trailingZeroBitCount
            guard row.base.load(fromByteOffset: at, as: UInt64.self) == 0 else { return .max }
            left &= left &- 1
        }
        var next = slotsEnd
        for column in UnsafeBufferPointer(start: variable, count: variableCount) {
            let slot = row.base.load(fromByteOffset: Int(column.position), as: UInt64.self)
            // A NULL's slot is 0: neither a place nor a length.
            let isNull = nulls &>> column.index & 1 != 0
            guard Int(slot & 0xFFFF_FFFF) == (isNull ? 0 : next) else { return .max }
            next &+= Int(slot &>> 32)
        }
        return next
    }
}
