import Expressions
import Relational
import ViewPlan

/// One shard of the groups of an aggregate, and its step.
struct Groups: ~Copyable {
    /// A group that rows of this epoch touched.
    struct Touch: BitwiseCopyable {
        var group: UInt32
        /// Place of the published row in `published`; −1 when there was none, −2 − error when it was an error.
        var published: Int32
        var hash: UInt64
    }

    let image: RowProjector
    let imageIsUnique: Bool
    let isGlobal: Bool
    /// Where the values of slot 0 are in a block.
    let imageOffset: Int
    let accumulators: FixedList<Accumulator>
    /// Where groups have ordered values.
    let slots: FixedList<ValueSlot>
    let lists: FixedList<ListLayout>
    let renderer: GroupRenderer
    var table: GroupTable
    var extras = AggregateExtras()
    let imageCodec: RowCodec
    /// What goes into files, and what is read from there.
    var files: GroupFiles
    /// Groups that came less groups that went.
    var count = 0
    var touches = GrowableBuffer<Touch>()
    var published = ZSet()
    var images = ZSet()
    /// Groups of a chunk of rows, looked up together so that their cache misses overlap.
    private var found = GrowableBuffer<UInt32>(capacity: Groups.chunk)
    static var chunk: Int { 64 }
    /// Words of groups that are needed next; kept so that the reads happen.
    var ahead = GrowableBuffer<UInt64>(capacity: Groups.chunk)

    init(
        inputTypes: [ScalarType],
        groupColumns: [Int],
        calls: [AggregateCall],
        files: consuming GroupFiles
    ) throws(DataflowError) {
        self.files = files
        imageCodec = RowCodec(types: groupColumns.map { inputTypes[$0] })
        image = RowProjector(columns: groupColumns, types: inputTypes)
        imageIsUnique = groupColumns.allSatisfy { inputTypes[$0].encoding.hasUniqueImage }
        isGlobal = groupColumns.isEmpty
        let layout = try AccumulatorLayout(calls, inputTypes: inputTypes)
        accumulators = FixedList(layout.accumulators)
        lists = FixedList(layout.lists)
        imageOffset = layout.end
        let images = ValueSlot(number: 0, offset: imageOffset, ends: .least)
        slots = FixedList((imageIsUnique ? [] : [images]) + layout.slots)
        renderer = GroupRenderer(
            groupTypes: groupColumns.map { inputTypes[$0] },
            calls: calls,
            accumulators: layout.numbers.map { number in number.map { layout.accumulators[$0] } },
            lists: lists
        )
        let end = imageOffset + (imageIsUnique ? 0 : ValueSlot.byteCount)
        table = GroupTable(accumulatorByteCount: end - GroupTable.accumulatorsStart)
    }

    var byteCount: Int { table.byteCount + extras.byteCount + files.unwrittenByteCount }

    /// Adds the rows at some places of a delta to the groups, and puts out the change of their rows.
    mutating func step(
        _ delta: borrowing ZSet,
        _ keys: borrowing KeyBatch,
        at places: UnsafeBufferPointer<UInt32>,
        into output: inout PieceOutput
    ) throws(DataflowError) {
        // A global group that begins is touched without a row.
        guard places.count > 0 || touches.count > 0 else { return }
        if !files.isComplete && !isGlobal { try readMissing(keys, at: places) }
        var start = 0
        while start < places.count {
            let end = min(start &+ Self.chunk, places.count)
            found.removeAll()
            for index in start..<end {
                let place = Int(places[index])
                found.append(table.find(keys.bytes(at: place), keys.hash(at: place)))
            }
            for index in start..<end {
                let place = Int(places[index])
                let row = delta.row(at: place)
                let weight = delta.weight(at: place)
                let group = try touchGroup(found[index &- start], keys, place, row, weight)
                for index in 0..<accumulators.count { try add(row, weight, index, group, &output.errors) }
            }
            start = end
        }
        try putOut(into: &output.rows, errors: &output.errors)
        endEpoch()
    }

    // MARK: Groups

    /// The one group of a global aggregate is there from the first epoch on.
    mutating func startGlobalGroup() throws(DataflowError) {
        guard table.count == 0 else { return }
        if !files.isComplete {
            var none = KeyBatch()
            none.append(UnsafeRawBufferPointer(start: nil, count: 0))
            try readMissing(none)
            if table.count > 0 { return }
        }
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        let hash = KeyHash.hash(empty)
        let group = try table.insert(empty, hash, image: empty)
        touch(group, hash, published: -1)
    }

    @inline(__always)
    private mutating func touchGroup(
        _ found: UInt32,
        _ keys: borrowing KeyBatch,
        _ index: Int,
        _ row: RowView,
        _ weight: Int64
    ) throws(DataflowError) -> UInt32 {
        let hash = keys.hash(at: index)
        // A row before it in the chunk may have brought the group.
        var group = found != Arena.none ? found : table.find(keys.bytes(at: index), hash)
        if group == Arena.none {
            group = try insertGroup(keys, index, row, hash)
        } else if table.pointer(group).load(fromByteOffset: 8, as: UInt32.self) == 0 {
            touch(group, hash, published: isVacant(group) ? -1 : try publish(group))
        }
        let place = table.pointer(group)
        place.storeBytes(of: try place.load(as: Int64.self).plusWeight(weight), as: Int64.self)
        if !imageIsUnique { try addImage(row, weight, group) }
        return group
    }

    /// Whether the group is gone and its place is kept because files still have it.
    @inline(__always)
    func isVacant(_ group: UInt32) -> Bool {
        !isGlobal && table.pointer(group).load(as: Int64.self) == 0
    }

    private mutating func insertGroup(
        _ keys: borrowing KeyBatch,
        _ index: Int,
        _ row: RowView,
        _ hash: UInt64
    ) throws(DataflowError) -> UInt32 {
        let group: UInt32
        if isGlobal || !imageIsUnique {
            group = try table.insert(
                keys.bytes(at: index),
                hash,
                image: UnsafeRawBufferPointer(start: nil, count: 0)
            )
        } else {
            images.removeAll()
            image.project(row, weight: 1, into: &images)
            group = try table.insert(keys.bytes(at: index), hash, image: images.row(at: 0).bytes)
        }
        touch(group, hash, published: -1)
        return group
    }

    private mutating func touch(_ group: UInt32, _ hash: UInt64, published: Int32) {
        touches.append(Touch(group: group, published: published, hash: hash))
        table.pointer(group).storeBytes(
            of: UInt32(truncatingIfNeeded: touches.count),
            toByteOffset: 8,
            as: UInt32.self
        )
    }

    private mutating func endEpoch() {
        touches.endEpoch()
        published.endEpoch()
        table.compactIfSparse()
    }
}

extension Encoding {
    /// Whether equal keys always have the same image: not where 1.0 = 1.00 or −0 = 0.
    var hasUniqueImage: Bool {
        switch self {
        case .numeric, .float4, .float8: false
        case .bool, .int2, .int4, .int8, .text, .bytea, .uuid, .date, .timestamp, .timestamptz, .jsonb, .opaque: true
        }
    }
}
