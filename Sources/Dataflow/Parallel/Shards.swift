import Relational

/// How the keys of a state are split by their hashes, so that several threads work on it at once: always into as many shards, however many
/// threads there are. Tables use the upper half of a hash, shards the lowest bits.
enum Shards {
    static let count = 8

    @inline(__always)
    static func shard(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash & 7) }
}

/// The places of a batch's keys by shard, ascending in each; NULL keys are left out.
struct ShardedPlaces: ~Copyable {
    private let places = Parts<GrowableBuffer<UInt32>>(Shards.count) { _ in GrowableBuffer() }

    mutating func fill(_ keys: borrowing KeyBatch) {
        for shard in 0..<Shards.count { places[shard].removeAll() }
        for index in 0..<keys.count where !keys.isNull(at: index) {
            places[Shards.shard(of: keys.hash(at: index))].append(UInt32(truncatingIfNeeded: index))
        }
    }

    /// Those of one shard; valid until the next `fill`.
    @inline(__always)
    subscript(shard: Int) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(start: places[shard].base, count: places[shard].count)
    }

    mutating func endEpoch() { for shard in 0..<Shards.count { places[shard].endEpoch() } }
}
