import CHiredis

/// An answer of the server, or one inside an answer; valid until the connection reads the next.
struct RedisValue {
    // Unsafe: an array of a thousand documents is read in place, without a copy of each.
    private let pointer: UnsafeMutablePointer<redisReply>

    init(_ pointer: UnsafeMutablePointer<redisReply>) { self.pointer = pointer }

    var isNil: Bool { pointer.pointee.type == REDIS_REPLY_NIL }

    /// The server's refusal, if it is one.
    var error: RedisError? {
        guard pointer.pointee.type == REDIS_REPLY_ERROR else { return nil }
        return RedisError(.refused, text ?? "")
    }

    var integer: Int64? { pointer.pointee.type == REDIS_REPLY_INTEGER ? pointer.pointee.integer : nil }

    /// The bytes of a string; nil for any other answer.
    var bytes: UnsafeRawBufferPointer? {
        switch pointer.pointee.type {
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS, REDIS_REPLY_ERROR:
            UnsafeRawBufferPointer(start: pointer.pointee.str, count: pointer.pointee.len)
        default: nil
        }
    }

    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    /// The number of elements of an array; 0 for any other answer.
    var count: Int { pointer.pointee.type == REDIS_REPLY_ARRAY ? pointer.pointee.elements : 0 }

    subscript(index: Int) -> RedisValue? {
        guard index >= 0, index < count, let element = pointer.pointee.element[index] else { return nil }
        return RedisValue(element)
    }

    /// The texts of an array's elements; nil for those without.
    var texts: [String?] { (0..<count).map { self[$0]?.text } }
}
