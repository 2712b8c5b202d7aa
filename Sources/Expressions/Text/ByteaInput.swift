/// Input forms of bytea and uuid.
enum ByteaInput {
    /// Hex (`\x…`, with white space between pairs) or escape form (`\\`, `\ooo`).
    static func bytea(_ bytes: UnsafeRawBufferPointer) throws(EvaluationError) -> [UInt8] {
        if bytes.count >= 2, bytes[0] == 0x5C, bytes[1] == 0x78 { return try hex(bytes) }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] != 0x5C {
                result.append(bytes[index])
                index += 1
            } else if index + 1 < bytes.count, bytes[index + 1] == 0x5C {
                result.append(0x5C)
                index += 2
            } else {
                guard index + 3 < bytes.count, (0x30...0x33).contains(bytes[index + 1]),
                    (0x30...0x37).contains(bytes[index + 2]), (0x30...0x37).contains(bytes[index + 3])
                else { throw .invalidTextRepresentation }
                let digits = (bytes[index + 1] & 3, bytes[index + 2] & 7, bytes[index + 3] & 7)
                result.append(digits.0 << 6 | digits.1 << 3 | digits.2)
                index += 4
            }
        }
        return result
    }

    private static func hex(_ bytes: UnsafeRawBufferPointer) throws(EvaluationError) -> [UInt8] {
        var result: [UInt8] = []
        var index = 2
        while index < bytes.count {
            if TextInput.isSpace(bytes[index]), bytes[index] != 0x0B, bytes[index] != 0x0C {
                index += 1
                continue
            }
            guard index + 1 < bytes.count, let high = digit(bytes[index]), let low = digit(bytes[index + 1])
            else { throw .invalidTextRepresentation }
            result.append(high << 4 | low)
            index += 2
        }
        return result
    }

    /// 32 hex digits, with a hyphen after any group of four, in braces or not.
    static func uuid(_ bytes: UnsafeRawBufferPointer) throws(EvaluationError) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        let isBraced = bytes.first == 0x7B
        if isBraced { index = 1 }
        while result.count < 16 {
            guard index + 1 < bytes.count, let high = digit(bytes[index]), let low = digit(bytes[index + 1])
            else { throw .invalidTextRepresentation }
            result.append(high << 4 | low)
            index += 2
            if result.count < 16, result.count % 2 == 0, index < bytes.count, bytes[index] == 0x2D { index += 1 }
        }
        if isBraced {
            guard index < bytes.count, bytes[index] == 0x7D else { throw .invalidTextRepresentation }
            index += 1
        }
        guard index == bytes.count else { throw .invalidTextRepresentation }
        return result
    }

    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
