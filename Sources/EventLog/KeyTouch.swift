import Relational

/// Looks some records ahead for the keys that will be asked for, so that the key map's memory is near when they are.
struct KeyTouch: ~Copyable {
    static let countMax = 16

    private var key = ByteSlab(capacity: 64)
    private var hashes = GrowableBuffer<UInt64>(capacity: countMax)
    private var words = GrowableBuffer<UInt64>(capacity: countMax)
    private var sum: UInt64 = 0

    /// Touches the entries of the next records of a frame.
    mutating func touch(_ records: inout FrameRecords, in map: borrowing KeyMap, _ rules: borrowing RelationRules) {
        hashes.removeAll()
        var count = 0
        while count < Self.countMax, let record = records.next() {
            count += 1
            let layout = rules.layout(record)
            guard layout.rule == .keyed, let row = record.newRow ?? record.oldRow else { continue }
            rules.encodeKey(row, layout, into: &key)
            hashes.append(KeyHash.hash(key.bytes))
        }
        sum &+= map.touch(UnsafeBufferPointer(start: hashes.base, count: hashes.count), words.base)
    }
}
