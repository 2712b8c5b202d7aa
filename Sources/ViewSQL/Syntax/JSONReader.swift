/// Reads libpg_query's JSON text, a subset of JSON (its numbers are integers).
struct JSONReader {
    enum Failure: Error {
        case malformed(byte: Int)
        case tooDeep
    }

    /// Deeper than any tree whose expressions keep `SyntaxDecoder.depthLimit`.
    private static let depthLimit = 1500

    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func read(_ bytes: [UInt8]) throws(Failure) -> JSONTree {
        var reader = JSONReader(bytes)
        let tree = try reader.value()
        guard reader.offset == bytes.count else { throw .malformed(byte: reader.offset) }
        return tree
    }

    private mutating func value() throws(Failure) -> JSONTree {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.depthLimit { throw .tooDeep }
        switch peek() {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .integer(try integer())
        }
    }

    private mutating func object() throws(Failure) -> JSONTree {
        offset += 1
        var members: [(key: String, value: JSONTree)] = []
        if take("}") { return .object(members) }
        repeat {
            let key = try string()
            guard take(":") else { throw .malformed(byte: offset) }
            members.append((key, try value()))
        } while take(",")
        guard take("}") else { throw .malformed(byte: offset) }
        return .object(members)
    }

    private mutating func array() throws(Failure) -> JSONTree {
        offset += 1
        var elements: [JSONTree] = []
        if take("]") { return .array(elements) }
        repeat { elements.append(try value()) } while take(",")
        guard take("]") else { throw .malformed(byte: offset) }
        return .array(elements)
    }

    private mutating func integer() throws(Failure) -> Int {
        let start = offset
        if peek() == UInt8(ascii: "-") { offset += 1 }
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
        guard let value = Int(String(decoding: bytes[start..<offset], as: UTF8.self)) else {
            throw .malformed(byte: start)
        }
        return value
    }

    private mutating func string() throws(Failure) -> String {
        guard take("\"") else { throw .malformed(byte: offset) }
        var result: [UInt8] = []
        while let byte = peek() {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &result)
            default: result.append(byte)
            }
        }
        throw .malformed(byte: offset)
    }

    private mutating func escape(into result: inout [UInt8]) throws(Failure) {
        guard let byte = peek() else { throw .malformed(byte: offset) }
        offset += 1
        switch byte {
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "u"):
            guard offset + 4 <= bytes.count,
                let code = UInt32(String(decoding: bytes[offset..<offset + 4], as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(code)
            else { throw .malformed(byte: offset) }
            offset += 4
            result.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw .malformed(byte: offset)
        }
    }

    private mutating func word(_ word: String, _ value: JSONTree) throws(Failure) -> JSONTree {
        let end = offset + word.utf8.count
        guard end <= bytes.count, bytes[offset..<end].elementsEqual(word.utf8) else { throw .malformed(byte: offset) }
        offset = end
        return value
    }

    private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }
}
