import Relational

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Postgres's input functions: what a literal or a cast from text accepts, which is more than Postgres prints.
///
/// Dates and timestamps are read in ISO form alone; any other spelling is an error.
enum TextInput {
    /// The value that a literal of the encoding stands for.
    static func datum(_ text: String, as encoding: Encoding) throws(EvaluationError) -> Datum {
        var text = text
        // A closure of `withUTF8` cannot throw a typed error: carry the outcome out.
        let outcome = text.withUTF8 { utf8 in
            Result { () throws(EvaluationError) in try datum(UnsafeRawBufferPointer(utf8), as: encoding) }
        }
        return try outcome.get()
    }

    private static func datum(
        _ bytes: UnsafeRawBufferPointer,
        as encoding: Encoding
    ) throws(EvaluationError) -> Datum {
        switch encoding {
        case .bool: .bool(try bool(bytes))
        case .int2: .int(try int(bytes, in: Int64(Int16.min)...Int64(Int16.max)))
        case .int4: .int(try int(bytes, in: Int64(Int32.min)...Int64(Int32.max)))
        case .int8: .int(try int(bytes, in: Int64.min...Int64.max))
        case .float4: .float(try float4(bytes))
        case .float8: .float(try float8(bytes))
        case .numeric: .numeric(try NumericInput.numeric(bytes))
        case .text, .jsonb, .opaque: .text(String(decoding: bytes, as: UTF8.self))
        case .bytea: .bytes(try ByteaInput.bytea(bytes))
        case .uuid: .bytes(try ByteaInput.uuid(bytes))
        case .date: .int(try TimeInput.date(bytes))
        case .timestamp: .int(try TimeInput.timestamp(bytes, appliesZone: false))
        case .timestamptz: .int(try TimeInput.timestamp(bytes, appliesZone: true))
        }
    }

    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        var end = bytes.count
        while start < end, isSpace(bytes[start]) { start += 1 }
        while end > start, isSpace(bytes[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    static func int(_ bytes: UnsafeRawBufferPointer, in range: ClosedRange<Int64>) throws(EvaluationError) -> Int64 {
        let bytes = trimmed(bytes)
        var index = 0
        var isNegative = false
        if let first = bytes.first, first == 0x2D || first == 0x2B {
            isNegative = first == 0x2D
            index = 1
        }
        guard index < bytes.count else { throw .invalidTextRepresentation }
        // Counted downward, because the least integer has no positive counterpart.
        var value: Int64 = 0
        while index < bytes.count {
            let digit = Int64(bytes[index]) - 0x30
            guard digit >= 0, digit <= 9 else { throw .invalidTextRepresentation }
            let (product, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, under) = product.subtractingReportingOverflow(digit)
            // As in Postgres, digits beyond the range count before anything wrong behind them.
            guard !over, !under, sum >= range.lowerBound else { throw .integerOutOfRange }
            value = sum
            index += 1
        }
        if !isNegative && value == .min { throw .integerOutOfRange }
        let result = isNegative ? value : -value
        guard range.contains(result) else { throw .integerOutOfRange }
        return result
    }

    static func bool(_ bytes: UnsafeRawBufferPointer) throws(EvaluationError) -> Bool {
        let word = trimmed(bytes).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        guard let first = word.first else { throw .invalidTextRepresentation }
        func begins(_ whole: StaticString) -> Bool {
            word.count <= whole.utf8CodeUnitCount
                && word.indices.allSatisfy { word[$0] == whole.utf8Start[$0] }
        }
        switch first {
        case 0x74 where begins("true"), 0x79 where begins("yes"): return true
        case 0x66 where begins("false"), 0x6E where begins("no"): return false
        case 0x6F where word.count == 2 && begins("on"): return true
        case 0x6F where word.count >= 2 && begins("off"): return false
        case 0x31 where word.count == 1: return true
        case 0x30 where word.count == 1: return false
        default: throw .invalidTextRepresentation
        }
    }

    static func float8(_ bytes: UnsafeRawBufferPointer) throws(EvaluationError) -> Double {
        try number(bytes) { strtod($0, $1) }
    }

    /// A `real`, widened.
    static func float4(_ bytes: UnsafeRawBufferPointer) throws(EvaluationError) -> Double {
        try number(bytes) { Double(strtof($0, $1)) }
    }

    private static func number(
        _ bytes: UnsafeRawBufferPointer,
        _ parse: (UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Double
    ) throws(EvaluationError) -> Double {
        let trimmed = trimmed(bytes)
        guard !trimmed.isEmpty, !trimmed.contains(0) else { throw .invalidTextRepresentation }
        let terminated = trimmed.map { CChar(bitPattern: $0) } + [0]
        errno = 0
        var consumed = 0
        let value = terminated.withUnsafeBufferPointer { buffer -> Double in
            guard let start = buffer.baseAddress else { return 0 }
            var end: UnsafeMutablePointer<CChar>?
            let value = withUnsafeMutablePointer(to: &end) { parse(start, $0) }
            consumed = end.map { UnsafePointer($0) - start } ?? 0
            return value
        }
        guard consumed == trimmed.count else { throw .invalidTextRepresentation }
        // A denormal result also sets ERANGE and is fine.
        if errno == ERANGE, value == 0 || value.isInfinite { throw .numericValueOutOfRange }
        return value
    }
}
