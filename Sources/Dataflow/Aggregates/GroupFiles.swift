import Relational
import StateFiles

/// What of a shard of an aggregate's groups goes into files: one spine with the group of each key, and one with the values that min, max
/// and lists keep in order. The spines are those of all shards.
///
/// Memory holds groups that were touched; a group that is not there is read when it is next touched, of its values those of lists, and for
/// min, max and images about a block from the end (`PartialValues`). Where everything is in memory (*complete*) files are never asked.
///
/// | spine | key | payload |
/// |---|---|---|
/// | groups, `replace` | the group's key | `GroupCodec` |
/// | values, `sum` | the group's key, then 0 for images or 1 + the number of the accumulator (2 bytes) | value's key, image, length of the value's key (4 bytes) |
struct GroupFiles: ~Copyable {
    let folder: StateFolder?
    let groups: Spine
    /// Nil for an aggregate without ordered values.
    let values: Spine?
    /// Whether every group is in memory.
    var isComplete = true
    /// Whether changes are noted, which they are from the first handing over on.
    var isTracking = false
    var groupRuns: [Run] = []
    var valueRuns: [Run] = []
    var handedOver: [HandedOver] = []
    /// The content of each spine that was taken in last: its version, and the parts that are in it.
    var groupContent: (version: UInt64, written: UInt64) = (0, 0)
    var valueContent: (version: UInt64, written: UInt64) = (0, 0)
    /// Whether memory is short, so that groups leave it when they are written.
    var isTight = false
    /// The keys of groups that were changed; one may stand in it several times.
    var unwritten = KeyBatch()
    /// Memory for the values of a slot that are read at once; a slot that has no more is in memory as a whole. So one block is read, or two.
    var valueByteMax: Int { folder?.blockByteCount ?? 0 }
    private var newValues = EntryBatch()
    private var scratch = ByteSlab()

    struct HandedOver {
        var sequence: UInt64
        var groups: SealedEntries
        var values: SealedEntries?
        var isWhole: Bool
    }

    init(groups: Spine, values: Spine?, folder: StateFolder?) {
        (self.groups, self.values, self.folder) = (groups, values, folder)
    }

    /// Whether a group that is gone keeps its place until that is written: files are asked for groups without one, or soon will be.
    var keepsVacant: Bool { !isComplete || isTight && isTracking }

    /// What waits to be written.
    var unwrittenByteCount: Int {
        // An empty batch has room of its own.
        var sum = unwritten.byteCount + (newValues.count > 0 ? newValues.byteCount : 0)
        for part in handedOver { sum += part.groups.byteCount + (part.values?.byteCount ?? 0) }
        return sum
    }

    /// Notes that the weight of an ordered value changes.
    mutating func noteValue(
        _ weight: Int64,
        slot: Int,
        of group: UnsafeRawBufferPointer,
        _ payload: UnsafeRawBufferPointer
    ) {
        Self.appendKey(of: group, slot: slot, to: &scratch)
        newValues.append(key: scratch.bytes, payload: payload, weight: weight)
    }

    static func appendKey(of group: UnsafeRawBufferPointer, slot: Int, to slab: inout ByteSlab) {
        slab.removeAll()
        slab.append(group)
        slab.append(integer: UInt16(truncatingIfNeeded: slot).bigEndian)
    }

    /// The group's key and the slot in the key of values; nil when the bytes are damaged.
    static func parts(_ key: UnsafeRawBufferPointer) -> (group: UnsafeRawBufferPointer, slot: Int)? {
        let end = key.count - 2
        guard end >= 0, let base = key.baseAddress else { return nil }
        let slot = UInt16(bigEndian: base.loadUnaligned(fromByteOffset: end, as: UInt16.self))
        return (UnsafeRawBufferPointer(start: base, count: end), Int(slot))
    }

    /// The changes of ordered values that wait to be handed over, for others.
    mutating func swapNewValues(_ others: inout EntryBatch) { swap(&others, &newValues) }
}

/// Entries that are handed over as they are.
///
/// Unchecked: nobody changes them.
final class SealedEntries: StateSource, @unchecked Sendable {
    let entries: EntryBatch

    init(_ entries: consuming EntryBatch) { self.entries = entries }

    var byteCount: Int { entries.byteCount }

    func append(from place: Int, to batch: inout EntryBatch, byteLimit: Int) -> Int? {
        for index in place..<entries.count {
            if batch.byteCount >= byteLimit { return index }
            batch.append(
                key: entries.key(at: index),
                payload: entries.payload(at: index),
                weight: entries.weight(at: index)
            )
        }
        return nil
    }
}
