/// Small reads and writes through arrays.
extension LogFile {
    /// The bytes at `position`, fewer when the file ends before.
    func read(_ count: Int, at position: Int64) throws(LogError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let outcome: Result<Int, LogError> = bytes.withUnsafeMutableBytes { buffer in
            do throws(LogError) {
                return .success(try read(into: buffer, at: position))
            } catch {
                return .failure(error)
            }
        }
        bytes.removeLast(count - (try outcome.get()))
        return bytes
    }

    func write(_ bytes: [UInt8], at position: Int64) throws(LogError) {
        try bytes.withBytes { (buffer) throws(LogError) in try write(buffer, at: position) }
    }
}

/// Integers in small arrays of bytes; the caller has checked the count.
extension [UInt8] {
    func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(at position: Int, as type: Value.Type) -> Value {
        withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Value.self)) }
    }

    func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(at position: Int, as type: Value.Type) -> Value {
        withUnsafeBytes { Value(bigEndian: $0.loadUnaligned(fromByteOffset: position, as: Value.self)) }
    }

    mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at position: Int) {
        withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: position, as: Value.self) }
    }

    /// `withUnsafeBytes` with typed errors.
    func withBytes(_ body: (UnsafeRawBufferPointer) throws(LogError) -> Void) throws(LogError) {
        let outcome: Result<Void, LogError> = withUnsafeBytes { buffer in
            do throws(LogError) {
                return .success(try body(buffer))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    /// The CRC32C from `position` to the end.
    func checksum(from position: Int = 0, seed: UInt32 = 0) -> UInt32 {
        withUnsafeBytes { Checksum.crc32c(UnsafeRawBufferPointer(rebasing: $0[position...]), seed: seed) }
    }
}
