import Relational

/// Values as Postgres prints them.
enum TextOutput {
    static func bool(_ value: Bool, _ arena: inout Arena) -> UnsafeRawBufferPointer {
        // `boolean::text` spells the word out, unlike the type's output.
        BytesFunctions.store(Array((value ? "true" : "false").utf8), &arena)
    }

    static func text(of value: Register, as encoding: Encoding, _ arena: inout Arena) -> UnsafeRawBufferPointer {
        arena.printed { (row, text) in
            let start = row.beginRow(columnCount: 1)
            if encoding.isFixed {
                row.setSlot(0, value.bits, in: start)
            } else {
                row.set(0, bytes: value.bytes, in: start)
            }
            row.endRow(start)
            TextCodec.encode(RowView(row.base + start), column: 0, as: encoding, into: &text)
        }
    }
}
