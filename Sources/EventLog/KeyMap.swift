#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Relational

/// A map from keys to their latest record, within a byte limit.
///
/// 1. An entry lies in an arena of chunks, its key's bytes right behind it; nothing is ever copied to grow. An address is a
///    position in the arena in units of 8 bytes.
/// 2. The index is open addressing over words of 32 bits of the key's hash and 32 bits of address + 1, 0 for free. It is split into
///    tables by the hash, which grow one by one, so that doubling needs little more than what is there already.
/// 3. The hash only finds the place of a key: the bytes are compared.
///
/// At most 36 bytes and the padding in the arena, and 20 in the index, for each key beside the key's own bytes.
struct KeyMap: ~Copyable {
    /// The latest record of a key.
    struct Entry: BitwiseCopyable {
        /// Its number among the records of the run, and what it is.
        var mark = RecordMark(0)
        var place = RecordPlace(segment: 0, position: 0)
        var byteCount: UInt32 = 0
        /// How many TRUNCATEs of its relation came before.
        var epoch: UInt32 = 0
        /// Elders that the record needs, in `PartialChains`; 0 for none.
        var chain: UInt32 = 0
        var schema: UInt32 = 0
    }

    /// A piece of the arena.
    private struct Chunk {
        /// The number of its first address unit's chunk.
        var number: Int
        var used: Int
        var byteCount: Int
    }

    private static let headerByteCount = 36
    private static let tableCountMin = 8

    // Unsafe: entries and keys are raw memory in chunks, which saves an object per key; the chunks live as long as the map.
    private var bases: [UnsafeMutableRawPointer] = []
    private var chunks: [Chunk] = []
    private let chunkShift: Int
    // Unsafe: tables of plain words, each allocated when it gets its first key.
    private var tables: [UnsafeMutablePointer<UInt64>?]
    private var tableCounts: [Int]
    private var tableSizes: [Int]
    private let tableBits: UInt64
    private var arenaByteCount = 0
    private var indexByteCount = 0

    let byteLimit: Int
    private(set) var count = 0
    /// The most bytes ever held at once.
    private(set) var peakByteCount = 0

    init(byteLimit: Int) {
        self.byteLimit = byteLimit
        // A small map must not be over its limit with its first chunk.
        chunkShift = byteLimit < 4 << 10 ? 7 : byteLimit < 4 << 20 ? 12 : 16
        tableBits = byteLimit < 4 << 20 ? 0 : 6
        tables = Array(repeating: nil, count: 1 << tableBits)
        tableCounts = Array(repeating: 0, count: 1 << tableBits)
        tableSizes = Array(repeating: 0, count: 1 << tableBits)
    }

    deinit {
        for table in tables { table?.deallocate() }
        for chunk in chunks { bases[chunk.number].deallocate() }
    }

    /// Bytes held, used or not.
    var byteCount: Int { arenaByteCount + indexByteCount }

    // MARK: Looking up

    /// The entry of a key; valid until the next change of the map.
    func find(_ key: UnsafeRawBufferPointer, hash: UInt64) -> UnsafeMutablePointer<Entry>? {
        let number = tableNumber(hash)
        guard let table = tables[number] else { return nil }
        let mask = UInt64(tableSizes[number] - 1)
        let tag = hash & 0xFFFF_FFFF
        var slot = tag & mask
        while true {
            let word = table[Int(slot)]
            if word == 0 { return nil }
            if word >> 32 == tag {
                let entry = address((word & 0xFFFF_FFFF) - 1)
                if hasKey(entry, key) { return entry.assumingMemoryBound(to: Entry.self) }
            }
            slot = (slot + 1) & mask
        }
    }

    /// Touches the entries of some hashes before they are looked up one by one: waits for memory overlap then (measured 2–3×).
    ///
    /// `words` has room for as many words. Returns something of what was read, so that the reads are not left out.
    func touch(_ hashes: UnsafeBufferPointer<UInt64>, _ words: UnsafeMutablePointer<UInt64>) -> UInt64 {
        for (index, hash) in hashes.enumerated() {
            let number = tableNumber(hash)
            let slot = hash & 0xFFFF_FFFF & UInt64(max(1, tableSizes[number]) - 1)
            words[index] = tables[number].map { $0[Int(slot)] } ?? 0
        }
        var sum: UInt64 = 0
        for (index, hash) in hashes.enumerated() {
            let tag = hash & 0xFFFF_FFFF
            var word = words[index]
            var slot = tag
            while word != 0, word >> 32 != tag, let table = tables[tableNumber(hash)] {
                slot += 1
                word = table[Int(slot & UInt64(tableSizes[tableNumber(hash)] - 1))]
            }
            if word == 0 { continue }
            // An entry may lie on two cache lines; none is shorter than this.
            let entry = address((word & 0xFFFF_FFFF) - 1)
            sum &+= entry.load(as: UInt64.self) &+ UInt64(entry.load(fromByteOffset: 40, as: UInt32.self))
        }
        return sum
    }

    /// The entry of a key that is not in the map, which is put there; nil when the limit does not let it in.
    ///
    /// An empty map takes any key.
    mutating func insert(
        _ key: UnsafeRawBufferPointer,
        hash: UInt64,
        isUnlimited: Bool = false
    ) -> UnsafeMutablePointer<Entry>? {
        let number = tableNumber(hash)
        let size = tableSizes[number]
        // At most four of five words are in use.
        let newSize = (tableCounts[number] + 1) * 5 > size * 4 ? max(Self.tableCountMin, size * 2) : size
        let entryByteCount = (Self.headerByteCount + key.count + 7) & ~7
        let needed = arenaGrowth(entryByteCount) + (newSize == size ? 0 : 8 * newSize)
        guard count == 0 || isUnlimited || byteCount + needed <= byteLimit else { return nil }
        peakByteCount = max(peakByteCount, byteCount + needed)
        if newSize != size { growTable(number, to: newSize) }
        let unit = allocate(entryByteCount)
        let entry = address(unit)
        entry.initializeMemory(as: Entry.self, to: Entry())
        entry.storeBytes(of: UInt32(truncatingIfNeeded: key.count), toByteOffset: 32, as: UInt32.self)
        if let base = key.baseAddress {
            (entry + Self.headerByteCount).copyMemory(from: base, byteCount: key.count)
        }
        put(hash & 0xFFFF_FFFF, unit, number)
        tableCounts[number] += 1
        count += 1
        return entry.assumingMemoryBound(to: Entry.self)
    }

    /// Calls `body` with each key and its entry, in the order of insertion.
    func forEach(_ body: (UnsafeRawBufferPointer, UnsafeMutablePointer<Entry>) -> Void) {
        for chunk in chunks { Self.walk(bases[chunk.number], chunk.used) { body($0, $1) } }
    }

    /// Keeps the keys for which `hash` gives their hash, and forgets those for which it gives nil.
    ///
    /// Needs one chunk more than what is kept.
    mutating func retain(_ hash: (UnsafeRawBufferPointer, UnsafeMutablePointer<Entry>) -> UInt64?) {
        var kept = KeyMap(byteLimit: byteLimit)
        kept.peakByteCount = peakByteCount
        for number in tables.indices {
            tables[number]?.deallocate()
            tables[number] = nil
        }
        indexByteCount = 0
        for chunk in chunks {
            Self.walk(bases[chunk.number], chunk.used) { key, entry in
                guard let hash = hash(key, entry) else { return }
                kept.insert(key, hash: hash, isUnlimited: true)?.pointee = entry.pointee
            }
            bases[chunk.number].deallocate()
        }
        chunks = []
        kept.peakByteCount = max(kept.peakByteCount, peakByteCount)
        self = kept
    }

    private static func walk(
        _ base: UnsafeMutableRawPointer,
        _ used: Int,
        _ body: (UnsafeRawBufferPointer, UnsafeMutablePointer<Entry>) -> Void
    ) {
        var position = 0
        while position < used {
            let entry = base + position
            let keyByteCount = Int(entry.load(fromByteOffset: 32, as: UInt32.self))
            body(
                UnsafeRawBufferPointer(start: entry + headerByteCount, count: keyByteCount),
                entry.assumingMemoryBound(to: Entry.self)
            )
            position += (headerByteCount + keyByteCount + 7) & ~7
        }
    }

    // MARK: Index

    private func tableNumber(_ hash: UInt64) -> Int {
        tableBits == 0 ? 0 : Int((hash & 0xFFFF_FFFF) >> (32 - tableBits))
    }

    private func hasKey(_ entry: UnsafeMutableRawPointer, _ key: UnsafeRawBufferPointer) -> Bool {
        guard Int(entry.load(fromByteOffset: 32, as: UInt32.self)) == key.count else { return false }
        guard let base = key.baseAddress else { return true }
        return memcmp(entry + Self.headerByteCount, base, key.count) == 0
    }

    private func put(_ tag: UInt64, _ unit: UInt64, _ number: Int) {
        guard let table = tables[number] else { return }
        let mask = UInt64(tableSizes[number] - 1)
        var slot = tag & mask
        while table[Int(slot)] != 0 { slot = (slot + 1) & mask }
        table[Int(slot)] = tag << 32 | (unit + 1)
    }

    private mutating func growTable(_ number: Int, to size: Int) {
        let old = tables[number]
        let oldSize = tableSizes[number]
        let table = UnsafeMutablePointer<UInt64>.allocate(capacity: size)
        table.initialize(repeating: 0, count: size)
        tables[number] = table
        tableSizes[number] = size
        if let old {
            for slot in 0..<oldSize where old[slot] != 0 {
                put(old[slot] >> 32, (old[slot] & 0xFFFF_FFFF) - 1, number)
            }
            old.deallocate()
        }
        indexByteCount += 8 * (size - oldSize)
    }

    // MARK: Arena

    /// The memory of an address, which counts units of 8 bytes.
    private func address(_ unit: UInt64) -> UnsafeMutableRawPointer {
        let shift = UInt64(chunkShift - 3)
        return bases[Int(unit >> shift)] + Int(unit & (1 << shift - 1)) * 8
    }

    private func arenaGrowth(_ byteCount: Int) -> Int {
        if let last = chunks.last, last.used + byteCount <= last.byteCount { return 0 }
        return chunkByteCount(byteCount)
    }

    private func chunkByteCount(_ needed: Int) -> Int {
        let unit = 1 << chunkShift
        return (needed + unit - 1) & ~(unit - 1)
    }

    private mutating func allocate(_ byteCount: Int) -> UInt64 {
        if arenaGrowth(byteCount) > 0 {
            let chunkByteCount = chunkByteCount(byteCount)
            let base = UnsafeMutableRawPointer.allocate(byteCount: chunkByteCount, alignment: 16)
            chunks.append(Chunk(number: bases.count, used: 0, byteCount: chunkByteCount))
            // A key longer than a chunk takes the numbers that it spans.
            for part in 0..<(chunkByteCount >> chunkShift) { bases.append(base + part << chunkShift) }
            arenaByteCount += chunkByteCount
        }
        let last = chunks.count - 1
        let unit = UInt64(chunks[last].number << (chunkShift - 3) + chunks[last].used >> 3)
        chunks[last].used += byteCount
        return unit
    }
}
