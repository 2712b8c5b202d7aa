import Relational

/// Scratch memory for the bytes computed from one row; nothing in it moves until `reset`.
struct Arena: ~Copyable {
    /// The longest value, as in Postgres.
    static let valueBytesMax = 0x3FFF_FFFF

    // Unsafe: chunks are raw memory so that results are written in place and pointers to them stay valid while others are made.
    private var chunk: UnsafeMutableRawPointer
    private var held: Int
    private var used = 0
    private var full: [UnsafeMutableRawPointer] = []
    /// For values on their way through the text codec.
    private var printRow = ByteSlab()
    private var printText = ByteSlab()
    private var jsonWriter = JSONWriter()

    init(capacity: Int = 1024) {
        chunk = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        held = capacity
    }

    deinit {
        chunk.deallocate()
        for other in full { other.deallocate() }
    }

    /// Forgets every value. Keeps the newest chunk, unless it is beyond 1 MiB.
    @inline(__always)
    mutating func reset() {
        used = 0
        if !full.isEmpty || held > 1 << 20 { release() }
    }

    private mutating func release() {
        for other in full { other.deallocate() }
        full.removeAll(keepingCapacity: true)
        if held > 1 << 20 {
            chunk.deallocate()
            chunk = UnsafeMutableRawPointer.allocate(byteCount: 1024, alignment: 16)
            held = 1024
        }
    }

    /// Room for `byteCount` bytes, not initialised.
    @inline(__always)
    mutating func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
        if used &+ byteCount > held { grow(byteCount) }
        let place = chunk + used
        used &+= byteCount
        return place
    }

    /// Gives back the end of the newest allocation.
    @inline(__always)
    mutating func trim(_ place: UnsafeMutableRawPointer, to byteCount: Int) {
        used = (place - chunk) &+ byteCount
    }

    mutating func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let place = allocate(bytes.count)
        if let base = bytes.baseAddress, !bytes.isEmpty { place.copyMemory(from: base, byteCount: bytes.count) }
        return UnsafeRawBufferPointer(start: place, count: bytes.count)
    }

    /// Copies the text that `print` appends to its second slab; the first one is for a row.
    mutating func printed(
        _ print: (_ row: inout ByteSlab, _ text: inout ByteSlab) -> Void
    ) -> UnsafeRawBufferPointer {
        print(&printRow, &printText)
        let place = allocate(printText.count)
        if let base = printText.bytes.baseAddress { place.copyMemory(from: base, byteCount: printText.count) }
        let result = UnsafeRawBufferPointer(start: place, count: printText.count)
        printRow.removeAll()
        printText.removeAll()
        printRow.shrink(keeping: 1 << 16)
        printText.shrink(keeping: 1 << 16)
        return result
    }

    /// Copies the JSON that `write` appends to the slab.
    mutating func written(
        _ write: (_ writer: inout JSONWriter, _ output: inout ByteSlab) throws(EvaluationError) -> Void
    ) throws(EvaluationError) -> UnsafeRawBufferPointer {
        printText.removeAll()
        try write(&jsonWriter, &printText)
        guard printText.count <= Self.valueBytesMax else { throw .valueTooLong }
        let result = copy(printText.bytes)
        printText.removeAll()
        printText.shrink(keeping: 1 << 16)
        return result
    }

    /// The bytes of a numeric as a packed row holds them.
    mutating func image(of value: Numeric) -> UnsafeRawBufferPointer {
        let start = printRow.beginRow(columnCount: 1)
        printRow.set(0, numeric: value, in: start)
        printRow.endRow(start)
        let result = copy(RowView(printRow.base + start).bytes(0))
        printRow.removeAll()
        printRow.shrink(keeping: 1 << 16)
        return result
    }

    private mutating func grow(_ byteCount: Int) {
        full.append(chunk)
        held = max(held * 2, byteCount)
        chunk = UnsafeMutableRawPointer.allocate(byteCount: held, alignment: 16)
        used = 0
    }
}
