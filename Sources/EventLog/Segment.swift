import Relational

/// One file of the log, as far as it is durable.
struct Segment: Sendable {
    var first: Offset
    /// The first offset after the last durable frame.
    var end: Offset
    /// Where the last durable frame ends in the file.
    var byteCount: Int64

    func path(in directory: String) -> String { "\(directory)/\(SegmentFile.name(first))" }
}
