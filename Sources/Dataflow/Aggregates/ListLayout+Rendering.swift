import Expressions
import Relational

extension ListLayout {
    /// The greatest document, as in Postgres.
    private static let byteLimit = 0x3FFF_FFFF

    private typealias Value = (key: UnsafeRawBufferPointer, image: UnsafeRawBufferPointer, weight: Int64)

    /// Sets a column of the row to the list of all values of the tree; an empty one leaves it NULL. Takes time for every value.
    ///
    /// - Throws: `valueTooLong` beyond 1 GB.
    func set(
        _ column: Int,
        _ root: UInt32,
        _ values: borrowing OrderedValues,
        in row: Int,
        of slab: inout ByteSlab
    ) throws(EvaluationError) {
        let start = slab.beginBytes(column, in: row)
        let (open, _, close) = marks
        slab.append(open)
        var count = 0
        var walk = values.walk(root)
        var waiting: Value?
        while let value = values.next(&walk) {
            // Within an epoch a row may be gone before it comes.
            if value.weight <= 0 { continue }
            if let last = waiting, let shown = shown(last, before: value) {
                try append(shown, times: last.weight, &count, from: start, into: &slab)
            }
            if isDistinct, let last = waiting, last.key.isSame(as: value.key) { continue }
            waiting = value
        }
        if let last = waiting { try append(last.image, times: last.weight, &count, from: start, into: &slab) }
        if count == 0 { return slab.truncate(to: start) }
        slab.append(close)
        slab.endBytes(column, from: start, in: row)
    }

    /// What a value shows when `next` follows it: nothing where the last one of a key counts, or where the first of equal ones does and
    /// is still to be shown.
    private func shown(_ value: Value, before next: Value) -> UnsafeRawBufferPointer? {
        if isDistinct { return value.key.isSame(as: next.key) ? nil : value.image }
        if function == .jsonbObjectAgg {
            return objectKey(value.key).isSame(as: objectKey(next.key)) ? nil : value.image
        }
        return value.image
    }

    /// The part of a key of jsonb_object_agg that is the member's key, its length first.
    private func objectKey(_ key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let length = Int(UInt32(bigEndian: key.loadUnaligned(as: UInt32.self)))
        return UnsafeRawBufferPointer(rebasing: key[..<(4 + length)])
    }

    private func append(
        _ image: UnsafeRawBufferPointer,
        times weight: Int64,
        _ count: inout Int,
        from start: Int,
        into slab: inout ByteSlab
    ) throws(EvaluationError) {
        // One member stands for all equal ones.
        let times = isDistinct || function == .jsonbObjectAgg ? 1 : weight
        var left = times
        while left > 0 {
            if function == .stringAgg {
                let length = Int(image.loadUnaligned(as: UInt32.self))
                let first = count == 0 ? 4 + length : 4
                slab.append(UnsafeRawBufferPointer(rebasing: image[first...]))
            } else {
                if count > 0 { slab.append(marks.separator) }
                if count > 0, startsLines, image.first == UInt8(ascii: "[") { slab.append("\n ") }
                slab.append(image)
            }
            count += 1
            left -= 1
            guard slab.count - start <= Self.byteLimit else { throw .valueTooLong }
        }
    }
}

extension ByteSlab {
    /// Appends ASCII text.
    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
