/// How a circuit keeps its state within a budget of memory.
extension Circuit {
    /// Bytes of memory that the state takes now, with what waits to be written.
    public var stateByteCount: Int { pieces.reduce(0) { $0 + $1.byteCount } }

    /// Those of them that are kept only until they are written.
    public var unwrittenByteCount: Int { pieces.reduce(0) { $0 + $1.unwrittenByteCount } }

    /// Decides what has all its rows in memory so that all of that together takes about `byteLimit`, the small before the large, and the rows
    /// kept of views last; the rest leaves memory when it is written. What has left comes back only when there is clearly room for it.
    public func shareMemory(_ byteLimit: Int) {
        var sum = 0
        let pieces = pieces.map { ($0, $0.fullByteCount) }
        for piece in pieces.sorted(by: { $0.0.isReadOnce == $1.0.isReadOnce ? $0.1 < $1.1 : $1.0.isReadOnce }) {
            sum += piece.1
            let wasTight = piece.0.isTight
            piece.0.isTight = sum > (wasTight ? byteLimit / 10 * 6 : byteLimit / 10 * 8)
        }
    }
}
