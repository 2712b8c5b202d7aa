internal import Relational

/// Writes the entries of one data block; `BlockEntries` describes the bytes.
struct BlockBuilder: ~Copyable {
    /// An entry that others can be found from stands at least this often.
    static let restartInterval = 16
    /// The most that an entry takes beside its key and payload: tag, three lengths, a weight.
    static let headByteCountMax = 1 + 3 * 5 + 10

    private(set) var slab = ByteSlab()
    private var restarts = GrowableBuffer<UInt32>()
    private var sinceRestart = 0
    private var keyCount = 0
    private var payloadCount = 0

    var isEmpty: Bool { restarts.count == 0 }

    /// Bytes of the block if it were finished now.
    var byteCount: Int { slab.count + 4 * restarts.count + 4 }

    mutating func removeAll() {
        slab.removeAll()
        slab.shrink(keeping: 1 << 20)
        restarts.removeAll()
        sinceRestart = 0
    }

    /// Adds an entry; `common` bytes at the front of its key are those of the key before.
    mutating func append(
        key: UnsafeRawBufferPointer,
        common: Int,
        payload: UnsafeRawBufferPointer,
        weight: Int64
    ) {
        let isRestart = isEmpty || sinceRestart == Self.restartInterval
        if isRestart {
            restarts.append(UInt32(truncatingIfNeeded: slab.count))
            sinceRestart = 0
        }
        sinceRestart += 1
        let shared = isRestart ? 0 : common
        let hasSameKeyCount = !isRestart && key.count == keyCount
        let hasSamePayloadCount = !isRestart && payload.count == payloadCount
        var tag = UInt8(truncatingIfNeeded: min(shared, BlockEntries.sharedMax)) &<< 3
        if weight == 1 { tag |= BlockEntries.isOne }
        if hasSameKeyCount { tag |= BlockEntries.hasSameKeyCount }
        if hasSamePayloadCount { tag |= BlockEntries.hasSamePayloadCount }
        let start = slab.count
        let head = slab.extend(by: Self.headByteCountMax)
        head.storeBytes(of: tag, as: UInt8.self)
        var used = 1
        if shared >= BlockEntries.sharedMax { Self.store(UInt64(shared - BlockEntries.sharedMax), head, &used) }
        if !hasSameKeyCount { Self.store(UInt64(key.count), head, &used) }
        if !hasSamePayloadCount { Self.store(UInt64(payload.count), head, &used) }
        if weight != 1 { Self.store(UInt64(bitPattern: weight &<< 1 ^ weight &>> 63), head, &used) }
        slab.truncate(to: start + used)
        slab.append(UnsafeRawBufferPointer(rebasing: key[shared...]))
        slab.append(payload)
        keyCount = key.count
        payloadCount = payload.count
    }

    /// Appends where the restarts are.
    mutating func finish() {
        for index in 0..<restarts.count { slab.append(integer: restarts[index]) }
        slab.append(integer: UInt32(truncatingIfNeeded: restarts.count))
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    @inline(__always)
    private static func store(_ value: UInt64, _ head: UnsafeMutableRawPointer, _ used: inout Int) {
        var rest = value
        while rest >= 128 {
            head.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 128, toByteOffset: used, as: UInt8.self)
            rest &>>= 7
            used &+= 1
        }
        head.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: used, as: UInt8.self)
        used &+= 1
    }
}
