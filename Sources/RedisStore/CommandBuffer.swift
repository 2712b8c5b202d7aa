import Relational

/// Commands in the protocol's own form (RESP arrays of strings), one after another.
///
///     *3\r\n $3\r\nSET\r\n $1\r\nk\r\n $1\r\nv\r\n
struct CommandBuffer: ~Copyable {
    private(set) var slab = ByteSlab()
    private(set) var commandCount = 0

    /// Starts a command of `argumentCount` arguments, its name included.
    mutating func begin(_ name: StaticString, _ argumentCount: Int) {
        begin(argumentCount: argumentCount)
        argument(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    private mutating func begin(argumentCount: Int) {
        commandCount += 1
        slab.append(byte: UInt8(ascii: "*"))
        slab.append(decimal: Int64(argumentCount))
        endLine()
    }

    /// A whole command, its name first.
    mutating func add(words: [String]) {
        begin(argumentCount: words.count)
        for word in words { argument(word) }
    }

    mutating func argument(_ bytes: UnsafeRawBufferPointer) {
        slab.append(byte: UInt8(ascii: "$"))
        slab.append(decimal: Int64(bytes.count))
        endLine()
        slab.append(bytes)
        endLine()
    }

    /// An argument of two parts, for example a prefix and a key.
    mutating func argument(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) {
        slab.append(byte: UInt8(ascii: "$"))
        slab.append(decimal: Int64(first.count + second.count))
        endLine()
        slab.append(first)
        slab.append(second)
        endLine()
    }

    mutating func argument(_ text: String) {
        var text = text
        text.withUTF8 { argument(UnsafeRawBufferPointer($0)) }
    }

    /// A whole command.
    mutating func add(_ name: StaticString, _ arguments: String...) {
        begin(name, arguments.count + 1)
        for text in arguments { argument(text) }
    }

    /// Appends the commands of another buffer.
    mutating func add(_ other: borrowing CommandBuffer) {
        slab.append(other.slab.bytes)
        commandCount += other.commandCount
    }

    mutating func removeAll() {
        slab.removeAll()
        commandCount = 0
    }

    /// Frees a large buffer after one huge use.
    mutating func shrink() {
        removeAll()
        slab.shrink(keeping: 1 << 20)
    }

    private mutating func endLine() {
        slab.append(byte: UInt8(ascii: "\r"))
        slab.append(byte: UInt8(ascii: "\n"))
    }
}
