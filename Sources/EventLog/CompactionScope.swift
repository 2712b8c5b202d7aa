import Relational

/// The part of a log that a run of compaction looks at.
struct CompactionScope {
    let log: EventLog
    /// From offset 0 to `end`, all sealed.
    let segments: [Segment]
    /// How many of them lie below `clean`: in them no key has an elder record beside its latest.
    let cleanCount: Int

    /// Where the part begins that is read in the order of delivery; no group lies across it.
    var base: Offset { cleanCount > 0 ? segments[cleanCount - 1].end : .zero }

    var end: Offset { segments.last?.end ?? .zero }

    var dirty: ArraySlice<Segment> { segments[cleanCount...] }
    var clean: ArraySlice<Segment> { segments[..<cleanCount] }

    /// How many offsets the dirty part has: the numbers of its records are below it.
    var dirtyCount: Int { Int(end.rawValue - base.rawValue) }

    func open(_ index: Int) throws(LogError) -> OpenSegment {
        do throws(LogError) {
            return try OpenSegment(segments[index], of: log)
        } catch  where error.code == .notFound {
            throw log.missing(segments[index])
        }
    }
}

extension [Segment] {
    var byteCount: Int64 { reduce(0) { $0 + $1.byteCount } }
}

extension ArraySlice<Segment> {
    var byteCount: Int64 { reduce(0) { $0 + $1.byteCount } }
}
