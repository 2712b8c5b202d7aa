package import Relational

/// The names of a view's rows, without a store's prefix: `view:key`.
///
/// 1. One key column that is never NULL: its text as Postgres prints it. No key columns: `view` alone.
/// 2. Several: their texts joined by `:`, where `:` and `%` inside are written `%3A` and `%25`, and NULL is `%N`.
/// 3. Equal keys have equal names: −0 is 0, and a numeric without a scale has no zeros at its end.
/// 4. A bag's row is named by all its columns, digit for digit.
package struct KeyWriter: ~Copyable {
    private let columns: [Int]
    private let types: [ScalarType]
    private let start: [UInt8]
    private let hasEscapes: Bool
    private let isBag: Bool
    private var scratch = ByteSlab()

    /// Names of this view's rows, which begin with `start` in the place of the view's name.
    package init(_ view: ViewTable, start: String? = nil) {
        isBag = view.key == nil
        columns = view.key ?? Array(view.columns.indices)
        types = view.columns.map(\.type)
        self.start = Array((start ?? Self.escaped(view.name)).utf8)
        hasEscapes = isBag || columns.count != 1 || !view.columns[columns[0]].isNotNull
    }

    /// A view's name inside names: it holds no colon.
    package static func escaped(_ name: String) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "%": result += "%25"
            case ":": result += "%3A"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Appends the name of a row's key.
    package mutating func append(_ row: RowView, to slab: inout ByteSlab) {
        start.withUnsafeBytes { slab.append($0) }
        for column in columns {
            slab.append(byte: UInt8(ascii: ":"))
            let encoding = types[column].encoding
            if row.isNull(column) {
                slab.append(byte: UInt8(ascii: "%"))
                slab.append(byte: UInt8(ascii: "N"))
            } else if encoding.isInteger, encoding != .bool {
                slab.append(decimal: row.int(column))
            } else {
                scratch.removeAll()
                TextCodec.encode(row, column: column, as: encoding, into: &scratch)
                let text = isBag ? scratch.bytes : Self.canonical(scratch.bytes, types[column])
                if hasEscapes { Self.appendEscaped(text, to: &slab) } else { slab.append(text) }
            }
        }
    }

    /// The one form of all values that are equal.
    private static func canonical(_ text: UnsafeRawBufferPointer, _ type: ScalarType) -> UnsafeRawBufferPointer {
        switch type.encoding {
        case .float4, .float8:
            return text.elementsEqual("-0".utf8) ? UnsafeRawBufferPointer(rebasing: text[1...]) : text
        case .numeric where type.typmod < 0 && text.contains(UInt8(ascii: ".")):
            var end = text.count
            while text[end - 1] == UInt8(ascii: "0") { end -= 1 }
            if text[end - 1] == UInt8(ascii: ".") { end -= 1 }
            return UnsafeRawBufferPointer(rebasing: text[..<end])
        default: return text
        }
    }

    private static func appendEscaped(_ text: UnsafeRawBufferPointer, to slab: inout ByteSlab) {
        for byte in text {
            switch byte {
            case UInt8(ascii: ":"): slab.append(text: "%3A")
            case UInt8(ascii: "%"): slab.append(text: "%25")
            default: slab.append(byte: byte)
            }
        }
    }
}

extension ByteSlab {
    /// Appends a constant.
    @inline(__always)
    package mutating func append(text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
