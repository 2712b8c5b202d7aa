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

    private let image: RowProjector
    let imageIsUnique: Bool
    let isGlobal: Bool
    let accumulators: FixedList<Accumulator>
    private let lists: FixedList<ListLayout>
    private let renderer: GroupRenderer
    var table: GroupTable
    var extras = AggregateExtras()
    let imageCodec: RowCodec
    /// What goes into files, and what is read from there.
    var files: GroupFiles
    /// Groups that came less groups that went.
    private(set) var count = 0
    private var touches = GrowableBuffer<Touch>()
    private var published = ZSet()
    private var images = ZSet()
    /// Groups of a chunk of rows, looked up together so that their cache misses overlap.
    private var found = GrowableBuffer<UInt32>(capacity: Groups.chunk)
    private static var chunk: Int { 64 }
    /// Words of groups that are needed next; kept so that the reads happen.
    private var ahead = GrowableBuffer<UInt64>(capacity: Groups.chunk)

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
        var accumulators: [Accumulator] = []
        var offset = GroupTable.accumulatorsStart
        var places: [Int?] = []
        var lists: [ListLayout] = []
        for call in calls {
            guard var needed = try Accumulator.needed(by: call, inputTypes: inputTypes) else {
                places.append(nil)
                continue
            }
            if call.function.isList {
                let list = try ListLayout(call, inputTypes: inputTypes)
                needed.list = lists.firstIndex(of: list) ?? lists.count
                if needed.list == lists.count { lists.append(list) }
            }
            if let place = accumulators.firstIndex(where: { $0.isSame(as: needed) }) {
                places.append(place)
            } else {
                needed.offset = offset
                offset += needed.byteCount
                places.append(accumulators.count)
                accumulators.append(needed)
            }
        }
        self.accumulators = FixedList(accumulators)
        self.lists = FixedList(lists)
        renderer = GroupRenderer(
            groupTypes: groupColumns.map { inputTypes[$0] },
            calls: calls,
            accumulators: places.map { place in place.map { accumulators[$0] } },
            lists: self.lists
        )
        table = GroupTable(accumulatorByteCount: offset - GroupTable.accumulatorsStart)
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
        if !files.isComplete { try readMissing(keys, at: places) }
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
    private func isVacant(_ group: UInt32) -> Bool {
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

    /// Renders a group as it is before the epoch.
    private mutating func publish(_ group: UInt32) throws(DataflowError) -> Int32 {
        var rows = ZSet()
        swap(&rows, &published)
        defer { swap(&rows, &published) }
        switch try render(group, into: &rows) {
        case .row: return Int32(truncatingIfNeeded: rows.count - 1)
        case .error(let error): return -2 - Int32(error.rawValue)
        }
    }

    private enum Rendered {
        case row
        case error(EvaluationError)
    }

    private mutating func render(_ group: UInt32, into output: inout ZSet) throws(DataflowError) -> Rendered {
        let place = table.pointer(group)
        var image: RowView?
        if !isGlobal {
            image = imageIsUnique ? table.image(group) : smallestImage(place)
        }
        do throws(EvaluationError) {
            try renderer.render(place, image: image, extras, into: &output)
            return .row
        } catch {
            return .error(error)
        }
    }

    // MARK: Images

    /// Counts the image of a row's group columns where equal keys may have different ones.
    private mutating func addImage(
        _ row: RowView,
        _ weight: Int64,
        _ group: UInt32
    ) throws(DataflowError) {
        images.removeAll()
        image.project(row, weight: 1, into: &images)
        let place = table.pointer(group)
        var root = place.load(fromByteOffset: 20, as: UInt32.self)
        try extras.ordered.add(
            weight,
            key: images.row(at: 0).bytes,
            image: UnsafeRawBufferPointer(start: nil, count: 0),
            to: &root
        )
        place.storeBytes(of: root, toByteOffset: 20, as: UInt32.self)
        if files.isTracking {
            let empty = UnsafeRawBufferPointer(start: nil, count: 0)
            files.noteValue(weight, slot: 0, of: table.key(group), key: images.row(at: 0).bytes, image: empty)
        }
    }

    /// The smallest image by bytes, copied to where a row may lie.
    private mutating func smallestImage(_ place: UnsafeMutableRawPointer) -> RowView? {
        guard let bytes = extras.ordered.leastKey(place.load(fromByteOffset: 20, as: UInt32.self)) else { return nil }
        extras.scratch.removeAll()
        extras.scratch.append(bytes)
        return RowView(extras.scratch.base)
    }

    // MARK: Accumulating

    @inline(__always)
    private mutating func add(
        _ row: RowView,
        _ weight: Int64,
        _ index: Int,
        _ group: UInt32,
        _ errors: inout ErrorCounts
    ) throws(DataflowError) {
        let accumulator = accumulators[index]
        if accumulator.filter >= 0 && (row.isNull(accumulator.filter) || !row.bool(accumulator.filter)) { return }
        let argument = accumulator.argument
        if argument >= 0 && row.isNull(argument) { return }
        let block = table.pointer(group) + accumulator.offset
        switch accumulator.kind {
        case .rows, .values:
            block.storeBytes(of: try block.load(as: Int64.self).plusWeight(weight), as: Int64.self)
        case .integers:
            try IntegerSum.add(row.int(argument), weight: weight, to: block)
        case .numerics:
            try NumericSum.add(NumericBytes(bytes: row.bytes(argument)), weight: weight, to: block, &extras.numerics)
        case .floats:
            try FloatSum.add(row.float(argument), weight: weight, to: block, &extras.floats)
        case .ordered:
            try addOrdered(row, weight, index, group)
        case .listed:
            try addListed(row, weight, index, group, &errors)
        }
    }

    /// Adds what the row shows in a list; a row whose value cannot be shown is an error row.
    private mutating func addListed(
        _ row: RowView,
        _ weight: Int64,
        _ index: Int,
        _ group: UInt32,
        _ errors: inout ErrorCounts
    ) throws(DataflowError) {
        let list = lists[accumulators[index].list]
        if list.skips(row) { return }
        extras.scratch.removeAll()
        let keyLength: Int
        do throws(EvaluationError) {
            keyLength = try list.append(row, &extras.writer, into: &extras.scratch)
        } catch {
            return try errors.add(error, weight: weight)
        }
        try addScratch(weight, keyLength: keyLength, index, group)
    }

    private mutating func addOrdered(
        _ row: RowView,
        _ weight: Int64,
        _ index: Int,
        _ group: UInt32
    ) throws(DataflowError) {
        let accumulator = accumulators[index]
        extras.scratch.removeAll()
        KeyEncoder.append(row, column: accumulator.argument, as: accumulator.encoding, into: &extras.scratch)
        let keyLength = extras.scratch.count
        if accumulator.encoding.isFixed {
            extras.scratch.append(integer: row.slot(accumulator.argument))
        } else {
            extras.scratch.append(row.bytes(accumulator.argument))
        }
        try addScratch(weight, keyLength: keyLength, index, group)
    }

    /// Adds what lies in `scratch`, the key before the image, to the ordered values of a group.
    private mutating func addScratch(
        _ weight: Int64,
        keyLength: Int,
        _ index: Int,
        _ group: UInt32
    ) throws(DataflowError) {
        let block = table.pointer(group) + accumulators[index].offset
        let bytes = extras.scratch.bytes
        let key = UnsafeRawBufferPointer(rebasing: bytes[..<keyLength])
        let image = UnsafeRawBufferPointer(rebasing: bytes[keyLength...])
        var root = block.load(as: UInt32.self)
        try extras.ordered.add(weight, key: key, image: image, to: &root)
        block.storeBytes(of: root, as: UInt32.self)
        if files.isTracking {
            files.noteValue(weight, slot: index + 1, of: table.key(group), key: key, image: image)
        }
    }

    // MARK: Output

    private mutating func putOut(into output: inout ZSet, errors: inout ErrorCounts) throws(DataflowError) {
        var rowCounts = GrowableBuffer<Int64>(capacity: Self.chunk)
        var start = 0
        while start < touches.count {
            let end = min(start &+ Self.chunk, touches.count)
            rowCounts.removeAll()
            ahead.removeAll()
            for index in start..<end {
                rowCounts.append(table.pointer(touches[index].group).load(as: Int64.self))
                if !isGlobal { ahead.append(table.read(touches[index].group)) }
            }
            for index in start..<end {
                try putOut(touches[index], rowCount: rowCounts[index &- start], into: &output, errors: &errors)
            }
            start = end
        }
    }

    @inline(__always)
    private mutating func putOut(
        _ touch: Touch,
        rowCount: Int64,
        into output: inout ZSet,
        errors: inout ErrorCounts
    ) throws(DataflowError) {
        guard rowCount >= 0 else { throw DataflowError(.negativeWeight, "a group would have \(rowCount) rows") }
        table.pointer(touch.group).storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
        count &+= (rowCount > 0 || isGlobal ? 1 : 0) &- (touch.published != -1 ? 1 : 0)
        if files.isTracking { noteUnwritten(touch.group) }
        if touch.published >= 0 {
            output.append(published.row(at: Int(touch.published)), weight: -1)
        } else if touch.published < -1 {
            try count(Int32(-2) - touch.published, -1, &errors)
        }
        if rowCount == 0 && !isGlobal {
            release(touch.group)
            if files.keepsVacant {
                table.clearAccumulators(touch.group)
            } else {
                table.remove(touch.group, touch.hash)
            }
            return
        }
        switch try render(touch.group, into: &output) {
        case .error(let error): try errors.add(error, weight: 1)
        case .row
        where touch.published >= 0
            && output.row(at: output.count - 1).hasSameImage(as: output.row(at: output.count - 2)):
            output.removeLast()
            output.removeLast()
        case .row: break
        }
    }

    private func count(_ code: Int32, _ weight: Int64, _ errors: inout ErrorCounts) throws(DataflowError) {
        guard let error = EvaluationError(rawValue: UInt8(truncatingIfNeeded: code)) else { return }
        try errors.add(error, weight: weight)
    }

    /// Frees what a group has beside its block.
    mutating func release(_ group: UInt32) {
        let place = table.pointer(group)
        if !imageIsUnique {
            var root = place.load(fromByteOffset: 20, as: UInt32.self)
            extras.ordered.removeAll(&root)
            place.storeBytes(of: root, toByteOffset: 20, as: UInt32.self)
        }
        for index in 0..<accumulators.count {
            let accumulator = accumulators[index]
            let block = place + accumulator.offset
            switch accumulator.kind {
            case .rows, .values, .integers: break
            case .numerics:
                let extra = block.load(fromByteOffset: 28, as: UInt32.self)
                if extra != 0 { extras.numerics.remove(extra, leaving: NumericExtra()) }
            case .floats:
                let extra = block.load(fromByteOffset: 28, as: UInt32.self)
                if extra != 0 { extras.floats.remove(extra, leaving: FloatExtra()) }
            case .ordered, .listed:
                var root = block.load(as: UInt32.self)
                extras.ordered.removeAll(&root)
            }
        }
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
