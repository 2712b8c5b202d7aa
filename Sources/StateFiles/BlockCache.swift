internal import Synchronization

/// Blocks of all open runs, bounded in bytes; safe from several threads.
///
/// A clock: 1. a block that is asked for gets credit; 2. when there is too much, a hand goes round, takes one credit from each block it
/// passes, and drops those that have none. Blocks of data come in without credit and indexes with some, because a look into any block
/// begins with its index.
public final class BlockCache: Sendable {
    private struct Key: Hashable {
        var run: UInt64
        var offset: Int64
        /// A damaged file may place blocks of both kinds on the same bytes.
        var content: Block.Content

        func hash(into hasher: inout Hasher) {
            hasher.combine(run &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(bitPattern: offset))
        }
    }

    private struct Slot {
        var key: Key
        /// Nil in a place that is free.
        var block: Block?
        var credit: UInt8
    }

    private struct State {
        var places: [Key: Int] = [:]
        var slots: [Slot] = []
        var free: [Int] = []
        var hand = 0
        var byteCount = 0
        var byteLimit: Int
        var hitCount = 0
        var missCount = 0
    }

    private static let creditMax: UInt8 = 3

    private let state: Mutex<State>

    /// A limit of 0 keeps nothing.
    public init(byteLimit: Int) { state = Mutex(State(byteLimit: byteLimit)) }

    /// Memory that it holds, never more than the limit.
    public var byteCount: Int { state.withLock { $0.byteCount } }

    /// What it may hold; a lower one takes effect at once.
    public var byteLimit: Int {
        get { state.withLock { $0.byteLimit } }
        set {
            state.withLock {
                $0.byteLimit = newValue
                Self.evict(&$0, toFit: 0)
            }
        }
    }

    /// How often a block was there when it was asked for.
    public var hitCount: Int { state.withLock { $0.hitCount } }

    /// How often it was not.
    public var missCount: Int { state.withLock { $0.missCount } }

    /// Drops the blocks of a run whose file goes.
    public func forget(_ run: UInt64) {
        state.withLock { state in
            for index in state.slots.indices where state.slots[index].key.run == run {
                Self.drop(&state, index)
            }
        }
    }

    func block(of run: UInt64, at offset: Int64, _ content: Block.Content) -> Block? {
        state.withLock { state in
            guard let index = state.places[Key(run: run, offset: offset, content: content)] else {
                state.missCount += 1
                return nil
            }
            state.hitCount += 1
            if state.slots[index].credit < Self.creditMax { state.slots[index].credit += 1 }
            return state.slots[index].block
        }
    }

    /// Keeps a block, unless it is larger than all there may be.
    func keep(_ block: Block, of run: UInt64, at offset: Int64, _ content: Block.Content) {
        state.withLock { state in
            let key = Key(run: run, offset: offset, content: content)
            guard block.memoryByteCount <= state.byteLimit, state.places[key] == nil else { return }
            Self.evict(&state, toFit: block.memoryByteCount)
            let slot = Slot(key: key, block: block, credit: content == .index ? 2 : 0)
            state.byteCount += block.memoryByteCount
            if let index = state.free.popLast() {
                state.slots[index] = slot
                state.places[key] = index
            } else {
                state.places[key] = state.slots.count
                state.slots.append(slot)
            }
        }
    }

    /// Makes room for a block of so many bytes.
    private static func evict(_ state: inout State, toFit byteCount: Int) {
        while state.byteCount > 0, state.byteCount + byteCount > state.byteLimit {
            if state.hand >= state.slots.count { state.hand = 0 }
            if state.slots[state.hand].credit > 0 {
                state.slots[state.hand].credit -= 1
            } else {
                drop(&state, state.hand)
            }
            state.hand += 1
        }
    }

    private static func drop(_ state: inout State, _ index: Int) {
        guard let block = state.slots[index].block else { return }
        state.byteCount -= block.memoryByteCount
        state.places[state.slots[index].key] = nil
        state.slots[index].block = nil
        state.slots[index].credit = 0
        state.free.append(index)
    }
}
