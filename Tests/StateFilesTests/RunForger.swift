import EventLog
import StateFiles

/// Changes bytes of a run's file and makes every checksum fit again, after the byte tables in `docs/state-format.md`.
struct RunForger {
    private static let headByteCount = 32
    private static let footByteCount = 48

    /// One block, and where in the file its checksum stands.
    struct Block {
        var range: Range<Int>
        var checksumAt: Int
        /// The index that lists it; nil for the top index.
        var parent: Int?
        var isIndex: Bool
    }

    private(set) var bytes: [UInt8]
    private let seed: UInt32
    /// Parents come before what they list.
    private(set) var blocks: [Block] = []

    init(_ bytes: [UInt8], seed: UInt32) {
        self.bytes = bytes
        self.seed = seed
        let foot = bytes.count - Self.footByteCount
        let start = Int(integer(foot + 24, UInt64.self))
        let top = start..<start + Int(integer(foot + 32, UInt32.self))
        blocks.append(Block(range: top, checksumAt: foot + 36, parent: nil, isIndex: true))
        for partition in children(of: 0, areIndexes: true) {
            blocks.append(partition)
            blocks += children(of: blocks.count - 1, areIndexes: false)
        }
    }

    /// The file with a block's bytes changed.
    func forging(_ block: Int, _ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var copy = self
        var content = Array(bytes[blocks[block].range])
        change(&content)
        copy.bytes.replaceSubrange(blocks[block].range, with: content)
        var next: Int? = block
        while let index = next {
            copy.seal(blocks[index].range, at: blocks[index].checksumAt)
            next = blocks[index].parent
        }
        copy.sealFoot()
        return copy.bytes
    }

    /// The file with one block listed where another one is.
    func placing(_ block: Int, at other: Int) -> [UInt8]? {
        guard let parent = blocks[block].parent, blocks[other].parent != nil else { return nil }
        let row = blocks[block].checksumAt - 12 - blocks[parent].range.lowerBound
        let source = blocks[other].checksumAt - 12
        return forging(parent) { $0.replaceSubrange(row..<row + 16, with: bytes[source..<source + 16]) }
    }

    /// The file with bytes of its foot changed.
    func forgingFoot(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var copy = self
        var foot = Array(bytes.suffix(Self.footByteCount))
        change(&foot)
        copy.bytes.replaceSubrange((bytes.count - Self.footByteCount)..., with: foot)
        copy.sealFoot()
        return copy.bytes
    }

    /// The file with bytes of its head changed.
    func forgingHead(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var copy = self
        var head = Array(bytes.prefix(Self.headByteCount))
        change(&head)
        copy.bytes.replaceSubrange(..<Self.headByteCount, with: head)
        copy.seal(0..<28, at: 28)
        copy.store(copy.integer(28, UInt32.self), at: bytes.count - 8)
        copy.sealFoot()
        return copy.bytes
    }

    /// How a manifest would name the file.
    static func reference(_ reference: RunReference, to bytes: [UInt8]) -> RunReference {
        var changed = reference
        let forger = bytes.suffix(4).enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (8 * $1.offset) }
        changed.checksum = forger
        changed.byteCount = Int64(bytes.count)
        return changed
    }

    private func children(of parent: Int, areIndexes: Bool) -> [Block] {
        let start = blocks[parent].range.lowerBound
        let rows = start + 64 + 64 * Int(integer(start + 4, UInt32.self))
        return (0..<Int(integer(start, UInt32.self))).map { row in
            let offset = Int(integer(rows + 24 * row, UInt64.self))
            let byteCount = Int(integer(rows + 24 * row + 8, UInt32.self))
            return Block(
                range: offset..<offset + byteCount,
                checksumAt: rows + 24 * row + 12,
                parent: parent,
                isIndex: areIndexes
            )
        }
    }

    private mutating func sealFoot() { seal(bytes.count - 48..<bytes.count - 4, at: bytes.count - 4) }

    private mutating func seal(_ range: Range<Int>, at position: Int) {
        let checksum = bytes.withUnsafeBytes {
            Checksum.crc32c(UnsafeRawBufferPointer(rebasing: $0[range]), seed: seed)
        }
        store(checksum, at: position)
    }

    private mutating func store(_ value: UInt32, at position: Int) {
        for byte in 0..<4 { bytes[position + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
    }

    private func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ position: Int, _ type: Value.Type) -> Value {
        bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: type)) }
    }
}
