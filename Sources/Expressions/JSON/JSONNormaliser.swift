import Relational

/// Reads JSON text and writes it as Postgres prints the `jsonb` of it: keys in order, the last of equal ones, one blank after each
/// comma and colon, numbers as `numeric`, characters for their escapes. Without recursion, so nesting costs memory alone.
struct JSONNormaliser: ~Copyable {
    struct Frame {
        var isObject: Bool
        /// Where its text starts in the output.
        var start: Int
        /// The number of its first member.
        var firstMember: Int
    }

    private var frames: [Frame] = []
    private(set) var members = JSONMembers()

    /// Appends the `jsonb` form of `text`; the output is longer and void when an error is thrown.
    ///
    /// `isLenient` takes what `json` can hold and `jsonb` cannot (`\u0000`, half a surrogate pair, a number beyond `numeric`): for
    /// checking text alone.
    ///
    /// - Throws: `invalidTextRepresentation`, `untranslatableCharacter`, `numericValueOutOfRange`.
    mutating func append(
        _ text: UnsafeRawBufferPointer,
        into output: inout ByteSlab,
        isLenient: Bool = false
    ) throws(EvaluationError) {
        frames.removeAll(keepingCapacity: true)
        members.removeAll()
        var reader = JSONTextReader(text: text, isLenient: isLenient)
        while true {
            reader.skipBlanks()
            switch reader.next {
            case UInt8(ascii: "{"):
                if try open(isObject: true, &reader, into: &output) { continue }
            case UInt8(ascii: "["):
                if try open(isObject: false, &reader, into: &output) { continue }
            case UInt8(ascii: "\""): try reader.copyString(into: &output)
            case UInt8(ascii: "t"): try reader.copy("true", into: &output)
            case UInt8(ascii: "f"): try reader.copy("false", into: &output)
            case UInt8(ascii: "n"): try reader.copy("null", into: &output)
            default: try reader.copyNumber(into: &output)
            }
            if try !goOn(&reader, into: &output) { return }
        }
    }

    /// Starts an object or an array; false when it is empty and has ended.
    private mutating func open(
        isObject: Bool,
        _ reader: inout JSONTextReader,
        into output: inout ByteSlab
    ) throws(EvaluationError) -> Bool {
        reader.skip()
        reader.skipBlanks()
        let start = output.count
        output.append(byte: isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
        if reader.next == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
            output.append(byte: reader.next)
            reader.skip()
            return false
        }
        frames.append(Frame(isObject: isObject, start: start, firstMember: members.count))
        if isObject { try key(&reader, into: &output) }
        return true
    }

    private mutating func key(
        _ reader: inout JSONTextReader,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        reader.skipBlanks()
        let start = output.count
        guard reader.next == UInt8(ascii: "\"") else { throw .invalidTextRepresentation }
        try reader.copyString(into: &output)
        members.append(keyFrom: start, to: output.count - 1)
        reader.skipBlanks()
        guard reader.next == UInt8(ascii: ":") else { throw .invalidTextRepresentation }
        reader.skip()
        output.append(ascii: ": ")
    }

    /// Goes to the next value after one has ended, closing what ends with it; false at the end of the text.
    private mutating func goOn(
        _ reader: inout JSONTextReader,
        into output: inout ByteSlab
    ) throws(EvaluationError) -> Bool {
        while let frame = frames.last {
            if frame.isObject { members.endValue(at: output.count) }
            reader.skipBlanks()
            let byte = reader.next
            guard byte == UInt8(ascii: ",") || byte == (frame.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw .invalidTextRepresentation
            }
            reader.skip()
            if byte == UInt8(ascii: ",") {
                output.append(ascii: ", ")
                if frame.isObject { try key(&reader, into: &output) }
                return true
            }
            frames.removeLast()
            if frame.isObject {
                members.endObject(from: frame.firstMember, start: frame.start, in: &output)
            } else {
                output.append(byte: byte)
            }
        }
        reader.skipBlanks()
        guard reader.isAtEnd else { throw .invalidTextRepresentation }
        return false
    }
}
