import Expressions
import Relational
import StateFiles

/// State that only few groups need, beside their blocks; named by 1 + its place, so that a zeroed block has none.
struct AggregateExtras: ~Copyable {
    var numerics = ExtraPool<NumericExtra>()
    var floats = ExtraPool<FloatExtra>()
    var ordered = OrderedValues()
    var partials = ExtraPool<PartialValues>()
    /// Scratch for the key and image of an ordered value.
    var scratch = ByteSlab()
    var writer = JSONWriter()

    var byteCount: Int { numerics.byteCount + floats.byteCount + ordered.byteCount + partials.byteCount }

    // MARK: Values of a slot

    /// The root of a tree whose outermost value at an end is that of the slot at `place`.
    @inline(__always)
    func root(_ place: UnsafeMutableRawPointer, at end: RunEnd) -> UInt32 {
        let number = place.load(fromByteOffset: 4, as: UInt32.self)
        return number == 0 ? place.load(as: UInt32.self) : partials[number][end].root
    }

    /// Frees the values at `place`: there are none then, and that is all there is to know.
    mutating func removeValues(_ place: UnsafeMutableRawPointer) {
        var root = place.load(as: UInt32.self)
        ordered.removeAll(&root)
        let number = place.load(fromByteOffset: 4, as: UInt32.self)
        if number != 0 {
            for var root in [partials[number].changes, partials[number].least.root, partials[number].greatest.root] {
                ordered.removeAll(&root)
            }
            partials.remove(number, leaving: PartialValues())
        }
        place.storeBytes(of: 0, as: UInt64.self)
    }

    /// Adds weight to a value, given as the payload of an entry, of partial values.
    mutating func add(
        _ weight: Int64,
        _ payload: UnsafeRawBufferPointer,
        to number: UInt32,
        _ ends: ValueEnds
    ) throws(DataflowError) {
        try addChange(weight, payload, to: number)
        guard let value = ValuePayload(payload) else { return }
        if ends.contains(.least), partials[number].least.holds(value.key, at: .least) {
            try ordered.add(weight, key: value.key, image: value.image, to: &partials[number].least.root)
        }
        if ends.contains(.greatest), partials[number].greatest.holds(value.key, at: .greatest) {
            try ordered.add(weight, key: value.key, image: value.image, to: &partials[number].greatest.root)
        }
    }

    /// Adds weight to what the runs do not have of a value.
    mutating func addChange(
        _ weight: Int64,
        _ payload: UnsafeRawBufferPointer,
        to number: UInt32
    ) throws(DataflowError) {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        try ordered.add(weight, key: payload, image: none, to: &partials[number].changes)
    }

    // MARK: Known ends

    /// Reads on from the edge of a known end until there is a value and about `byteMax` of memory would hold what was seen. `key`: of the slot's
    /// entries.
    ///
    /// - Throws: `storage`; `negativeWeight` when more of a value was taken away than there was.
    mutating func fill(
        _ known: inout KnownEnd,
        at end: RunEnd,
        _ key: UnsafeRawBufferPointer,
        changes: UInt32,
        byteMax: Int,
        with reader: inout RunEndReader
    ) throws(DataflowError) {
        try reader.beginEntries(key, at: end, from: known.edge)
        var hasEntry = try reader.nextEntry()
        var walk = known.edge.withUnsafeBytes { ordered.walk(changes, at: end, from: $0.count > 0 ? $0 : nil) }
        var change = ordered.next(&walk)
        var found = ValueList()
        var seenBytes = 0
        known.isAll = true
        while hasEntry || change != nil {
            let order = Self.order(hasEntry ? reader.payload : nil, change?.key, at: end)
            guard let value = ValuePayload(order > 0 ? change?.key ?? reader.payload : reader.payload) else {
                throw .damagedState("an aggregate")
            }
            if known.edge.withUnsafeBytes({ !$0.isSame(as: value.key) }) {
                if seenBytes >= byteMax, found.count > 0 {
                    known.isAll = false
                    break
                }
                known.moveEdge(to: value.key)
            }
            seenBytes += OrderedValues.byteCount(value.key, value.image)
            var weight: Int64 = order <= 0 ? reader.weight : 0
            if order >= 0, let change { weight = try weight.plusWeight(change.weight) }
            if weight < 0 { throw DataflowError(.negativeWeight, "a group would have a value \(weight) times") }
            if weight > 0 { found.append(value.key, value.image, weight: weight) }
            if order >= 0 { change = ordered.next(&walk) }
            if order <= 0 { hasEntry = try reader.nextEntry() }
        }
        try found.add(to: &known.root, of: &ordered)
    }

    /// Below 0 when the first comes earlier from an end, or alone; 0 when they are the same.
    private static func order(
        _ first: UnsafeRawBufferPointer?,
        _ second: UnsafeRawBufferPointer?,
        at end: RunEnd
    ) -> Int {
        guard let first else { return 1 }
        guard let second else { return -1 }
        let order = first.compare(second)
        return end == .least ? order : -order
    }

    /// The outermost values of a tree, about `byteMax` and more with the key of the last, as a tree of their own; nil when it has no others.
    mutating func outermost(_ root: UInt32, at end: RunEnd, byteMax: Int) throws(DataflowError) -> KnownEnd? {
        var known = KnownEnd()
        var found = ValueList()
        var seenBytes = 0
        var hasMore = false
        var walk = ordered.walk(root, at: end)
        while let value = ordered.next(&walk) {
            if known.edge.withUnsafeBytes({ !$0.isSame(as: value.key) }) {
                hasMore = seenBytes >= byteMax
                if hasMore { break }
                known.moveEdge(to: value.key)
            }
            seenBytes += OrderedValues.byteCount(value.key, value.image)
            found.append(value.key, value.image, weight: value.weight)
        }
        guard hasMore else { return nil }
        try found.add(to: &known.root, of: &ordered)
        return known
    }

    /// Leaves the outermost values of a known end in memory.
    mutating func shrink(_ number: UInt32, at end: RunEnd, byteMax: Int) throws(DataflowError) {
        var root = partials[number][end].root
        guard let known = try outermost(root, at: end, byteMax: byteMax) else { return }
        ordered.removeAll(&root)
        partials[number][end] = known
    }
}

/// Values in slots that are used again.
struct ExtraPool<Value> {
    private var values: [Value] = []
    private var freePlaces: [UInt32] = []

    var byteCount: Int { values.capacity * MemoryLayout<Value>.stride }

    var isEmpty: Bool { values.isEmpty }

    var count: Int { values.count - freePlaces.count }

    mutating func add(_ value: Value) -> UInt32 {
        if let place = freePlaces.popLast() {
            values[Int(place) - 1] = value
            return place
        }
        values.append(value)
        return UInt32(truncatingIfNeeded: values.count)
    }

    /// Frees a place, putting `empty` there.
    mutating func remove(_ place: UInt32, leaving empty: Value) {
        values[Int(place) - 1] = empty
        freePlaces.append(place)
        if freePlaces.count == values.count {
            values = []
            freePlaces = []
        }
    }

    /// Changes all values, those in free places too.
    mutating func forEach(_ body: (inout Value) -> Void) { for place in values.indices { body(&values[place]) } }

    subscript(place: UInt32) -> Value {
        @inline(__always) _read { yield values[Int(place) - 1] }
        @inline(__always) _modify { yield &values[Int(place) - 1] }
    }
}
