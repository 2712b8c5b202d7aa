import Relational

/// The file `SYNCED`: how far the log was durable when it was last written.
///
/// It tells a tail that a crash has torn (never durable, cut off) from durable bytes that were damaged (corruption). It is written
/// after each sync and never synced itself: an old or missing mark only makes the next opening less sure, never wrong,
/// because each frame also carries how far the log was durable when it was appended.
///
/// Two slots, at bytes 0 and 512, written in turn, so that a torn write leaves the other one:
///
/// | bytes | content |
/// |---|---|
/// | 0..<4 | CRC32C of bytes 4..<16, continuing from the log's seed |
/// | 4..<8 | zero |
/// | 8..<16 | the first offset that was not durable |
struct SyncedMark: ~Copyable {
    static let name = "SYNCED"
    private static let slotByteCount = 16
    private static let slotStride = 512

    private let file: any LogFile
    private let seed: UInt32
    private var nextSlot = 0

    /// Opens the mark of a folder, creating it when it is missing.
    init(in directory: String, seed: UInt32, fileSystem: any FileSystem) throws(LogError) {
        let names = try fileSystem.list(directory) ?? []
        file = try fileSystem.open("\(directory)/\(Self.name)", names.contains(Self.name) ? .readWrite : .create)
        self.seed = seed
    }

    /// The highest mark that a file holds; zero when it holds none.
    static func read(_ file: any LogFile, seed: UInt32) throws(LogError) -> Offset {
        var highest = Offset.zero
        for slot in 0..<2 {
            let bytes = try file.read(slotByteCount, at: Int64(slot * slotStride))
            guard bytes.count == slotByteCount,
                bytes.littleEndian(at: 0, as: UInt32.self) == bytes.checksum(from: 4, seed: seed)
            else { continue }
            highest = max(highest, Offset(bytes.littleEndian(at: 8, as: Int64.self)))
        }
        return highest
    }

    /// The highest mark of a folder; zero without one.
    static func read(in directory: String, seed: UInt32, fileSystem: any FileSystem) throws(LogError) -> Offset {
        guard try fileSystem.list(directory)?.contains(name) == true else { return .zero }
        return try read(try fileSystem.open("\(directory)/\(name)", .read), seed: seed)
    }

    func read() throws(LogError) -> Offset { try Self.read(file, seed: seed) }

    /// Notes that everything below `next` is durable; called after the sync that made it so.
    mutating func write(_ next: Offset) throws(LogError) {
        var bytes = [UInt8](repeating: 0, count: Self.slotByteCount)
        bytes.store(next.rawValue.littleEndian, at: 8)
        bytes.store(bytes.checksum(from: 4, seed: seed).littleEndian, at: 0)
        try file.write(bytes, at: Int64(nextSlot * Self.slotStride))
        nextSlot = 1 - nextSlot
    }

    /// Only for the mark of a log that was made whole at once.
    func synchronize() throws(LogError) { try file.synchronize() }
}
