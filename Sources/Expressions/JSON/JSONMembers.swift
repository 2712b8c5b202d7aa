#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Relational

/// The members of the objects of a `jsonb` that is being written: brings them into the order in which Postgres prints them.
///
/// Keys are ordered by their length in bytes, then by their bytes; of equal keys the last one counts. Members are written to the slab
/// one after the other, `, ` between them; an object that is in order already stays as it is.
struct JSONMembers: ~Copyable {
    /// Places in the slab: the key's opening quote, the quote that ends it, the end of the value.
    struct Member {
        var start: Int
        var keyEnd: Int
        var end: Int
    }

    private var members: [Member] = []

    var count: Int { members.count }

    mutating func removeAll() { members.removeAll(keepingCapacity: true) }

    mutating func append(keyFrom start: Int, to keyEnd: Int) {
        members.append(Member(start: start, keyEnd: keyEnd, end: keyEnd))
    }

    mutating func endValue(at end: Int) { members[members.count - 1].end = end }

    /// Ends the object whose members are those from number `first` on; its text starts at `start` and has no closing brace yet.
    mutating func endObject(from first: Int, start: Int, in output: inout ByteSlab) {
        defer { members.removeSubrange(first...) }
        let isOrdered = members.indices.dropFirst(first + 1).allSatisfy {
            Self.compare(members[$0 - 1], members[$0], output) < 0
        }
        if !isOrdered { rearrange(from: first, start: start, in: &output) }
        output.append(byte: UInt8(ascii: "}"))
    }

    private mutating func rearrange(from first: Int, start: Int, in output: inout ByteSlab) {
        let end = output.count
        let bytes = output.base
        members[first...].sort { one, other in
            let order = Self.compare(one, other, bytes)
            return order != 0 ? order < 0 : one.start < other.start
        }
        // The new text goes behind the old one and then over it.
        output.append(byte: UInt8(ascii: "{"))
        for index in first..<members.count {
            let member = members[index]
            if index + 1 < members.count, Self.compare(member, members[index + 1], output.base) == 0 { continue }
            if output.count > end + 1 { output.append(ascii: ", ") }
            let place = output.extend(by: member.end - member.start)
            place.copyMemory(from: output.base + member.start, byteCount: member.end - member.start)
        }
        let byteCount = output.count - end
        memmove(output.pointer(at: start), output.base + end, byteCount)
        output.truncate(to: start + byteCount)
    }

    // MARK: Keys

    private static func compare(_ one: Member, _ other: Member, _ output: borrowing ByteSlab) -> Int {
        compare(one, other, output.base)
    }

    private static func compare(_ one: Member, _ other: Member, _ base: UnsafeRawPointer) -> Int {
        let left = UnsafeRawBufferPointer(start: base + one.start + 1, count: one.keyEnd - one.start - 1)
        let right = UnsafeRawBufferPointer(start: base + other.start + 1, count: other.keyEnd - other.start - 1)
        let escape = UInt8(ascii: "\\")
        if left.contains(escape) || right.contains(escape) {
            let (plainLeft, plainRight) = (plain(left), plain(right))
            return plainLeft.withUnsafeBytes { left in plainRight.withUnsafeBytes { compare(left, $0) } }
        }
        return compare(left, right)
    }

    private static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        left.count != right.count ? left.count - right.count : BytesFunctions.compare(left, right)
    }

    /// A key without the escapes that `appendJSONEscape` writes.
    private static func plain(_ key: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(key.count)
        var position = 0
        while position < key.count {
            guard key[position] == UInt8(ascii: "\\"), position + 1 < key.count else {
                result.append(key[position])
                position += 1
                continue
            }
            let letter = key[position + 1]
            position += 2
            switch letter {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "u"):
                let digits = key[min(position + 2, key.count)..<min(position + 4, key.count)]
                result.append(UInt8(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0)
                position = min(position + 4, key.count)
            default: result.append(letter)
            }
        }
        return result
    }
}
