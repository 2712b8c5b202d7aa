import Relational

/// Writes a log into one file that is a complete backup of it; see `PortableLog`.
///
/// 1. What is durable at the start is looked up without the writer's lock, so the log may be written to meanwhile.
/// 2. The file ends where the last unit ends: every transaction and snapshot is in it whole or not at all. Parts of a group that is
///    still open stay where they lie between other frames, as after a crash; nobody ever sees them.
/// 3. Each frame's checksums are compared before it is copied. One buffer and the largest frame are in memory.
public enum LogExport {
    /// How often an export to a file begins anew because compaction has replaced what it was about to read.
    private static let attemptCountMax = 5

    /// Writes the log in `directory` to a sink, front to back.
    ///
    /// - Throws: `notFound`, `corrupt` or `newerFormat` for the log; `horizonPassed` when compaction has replaced a file meanwhile, after
    ///   which it can begin again; what the file system or the sink said.
    @discardableResult
    public static func write<Sink: ByteSink & ~Copyable>(
        directory: String,
        fileSystem: any FileSystem = PosixFileSystem(),
        to sink: inout Sink
    ) throws(LogError) -> PortableLog {
        let log = try EventLog.openForReading(directory: directory, fileSystem: fileSystem)
        let state = log.durableState
        var portable = PortableLog(
            state.manifest,
            firstOffset: state.segments[0].first,
            endOffset: state.unitEnd
        )
        var output = ChecksummedOutput()
        try portable.header.withBytes { (bytes) throws(LogError) in try output.append(bytes, to: &sink) }
        for segment in state.segments where segment.first < portable.endOffset {
            try copy(segment, of: log, &portable, &output, &sink)
        }
        try portable.trailer.withBytes { (bytes) throws(LogError) in try output.append(bytes, to: &sink) }
        try output.finish(&sink)
        return portable
    }

    /// Writes the log in `directory` to a file, which is in place whole and durable on return, or not at all.
    @discardableResult
    public static func write(
        directory: String,
        fileSystem: any FileSystem = PosixFileSystem(),
        toFile path: String
    ) throws(LogError) -> PortableLog {
        var attempt = 1
        while true {
            do throws(LogError) {
                var file = try ReplacementFile(path, fileSystem: fileSystem)
                let portable = try write(directory: directory, fileSystem: fileSystem, to: &file)
                try file.commit()
                return portable
            } catch  where error.code == .horizonPassed && attempt < attemptCountMax {
                // Compaction has replaced a file that was still to be read.
                attempt += 1
            }
        }
    }

    private static func copy<Sink: ByteSink & ~Copyable>(
        _ segment: Segment,
        of log: EventLog,
        _ portable: inout PortableLog,
        _ output: inout ChecksummedOutput,
        _ sink: inout Sink
    ) throws(LogError) {
        var cursor = try OpenSegment(segment, of: log).cursor(seed: log.seed)
        while cursor.nextOffset < min(segment.end, portable.endOffset) {
            guard case .frame(let frame) = try cursor.peek(), let bytes = try cursor.bytes(of: frame) else {
                throw .corrupt("checksum of a frame is wrong", at: cursor.place)
            }
            try output.append(bytes, to: &sink)
            portable.count(frame)
            cursor.advance(past: frame)
        }
    }
}

extension EventLog {
    /// The segments, and where the last unit in them ends.
    fileprivate var durableState: (manifest: Manifest, segments: [Segment], unitEnd: Offset) {
        monitor.withLock { (state.manifest, state.segments, state.history.unitEnd) }
    }
}

/// Gathers bytes into large writes and keeps the checksum of all of them.
private struct ChecksummedOutput: ~Copyable {
    private static let byteLimit = 1 << 20

    private var buffer = ByteSlab(capacity: byteLimit)
    private var checksum: UInt32 = 0

    mutating func append<Sink: ByteSink & ~Copyable>(
        _ bytes: UnsafeRawBufferPointer,
        to sink: inout Sink
    ) throws(LogError) {
        checksum = Checksum.crc32c(bytes, seed: checksum)
        if buffer.count + bytes.count > Self.byteLimit { try flush(&sink) }
        if bytes.count > Self.byteLimit { try sink.write(bytes) } else { buffer.append(bytes) }
    }

    /// Ends with the checksum of everything before it.
    mutating func finish<Sink: ByteSink & ~Copyable>(_ sink: inout Sink) throws(LogError) {
        buffer.append(integer: checksum)
        try flush(&sink)
    }

    private mutating func flush<Sink: ByteSink & ~Copyable>(_ sink: inout Sink) throws(LogError) {
        if buffer.count > 0 { try sink.write(buffer.bytes) }
        buffer.removeAll()
    }
}
