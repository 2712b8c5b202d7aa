import Expressions
import Relational
import StateFiles

/// Taking rows into accumulators and images.
extension Groups {
    @inline(__always)
    mutating func add(
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
        let slot = ValueSlot(number: index + 1, offset: accumulators[index].offset, ends: [])
        try addScratch(weight, keyLength: keyLength, slot, group)
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
        let slot = ValueSlot(number: index + 1, offset: accumulator.offset, ends: accumulator.ends)
        try addScratch(weight, keyLength: keyLength, slot, group)
    }

    /// Counts the image of a row's group columns where equal keys may have different ones.
    mutating func addImage(
        _ row: RowView,
        _ weight: Int64,
        _ group: UInt32
    ) throws(DataflowError) {
        images.removeAll()
        image.project(row, weight: 1, into: &images)
        extras.scratch.removeAll()
        extras.scratch.append(images.row(at: 0).bytes)
        try addScratch(
            weight,
            keyLength: extras.scratch.count,
            ValueSlot(number: 0, offset: imageOffset, ends: .least),
            group
        )
    }

    /// Adds what lies in `scratch`, the key before the image, to the ordered values of a group.
    private mutating func addScratch(
        _ weight: Int64,
        keyLength: Int,
        _ slot: ValueSlot,
        _ group: UInt32
    ) throws(DataflowError) {
        let place = table.pointer(group) + slot.offset
        let number = place.load(fromByteOffset: 4, as: UInt32.self)
        if number == 0 {
            let bytes = extras.scratch.bytes
            var root = place.load(as: UInt32.self)
            try extras.ordered.add(
                weight,
                key: UnsafeRawBufferPointer(rebasing: bytes[..<keyLength]),
                image: UnsafeRawBufferPointer(rebasing: bytes[keyLength...]),
                to: &root
            )
            place.storeBytes(of: root, as: UInt32.self)
            guard files.isTracking else { return }
        }
        extras.scratch.append(integer: UInt32(truncatingIfNeeded: keyLength))
        if number != 0 { try extras.add(weight, extras.scratch.bytes, to: number, slot.ends) }
        files.noteValue(weight, slot: slot.number, of: table.key(group), extras.scratch.bytes)
    }

    /// Frees what a group has beside its block.
    mutating func release(_ group: UInt32) {
        let place = table.pointer(group)
        for index in 0..<slots.count { extras.removeValues(place + slots[index].offset) }
        for index in 0..<accumulators.count {
            let block = place + accumulators[index].offset
            switch accumulators[index].kind {
            case .rows, .values, .integers, .ordered, .listed: break
            case .numerics:
                let extra = block.load(fromByteOffset: 28, as: UInt32.self)
                if extra != 0 { extras.numerics.remove(extra, leaving: NumericExtra()) }
            case .floats:
                let extra = block.load(fromByteOffset: 28, as: UInt32.self)
                if extra != 0 { extras.floats.remove(extra, leaving: FloatExtra()) }
            }
        }
    }
}
