import Relational

extension EventLog {
    /// The segment that holds `offset`, or the one that will; nil below the first.
    func segment(holding offset: Offset) -> Segment? {
        monitor.withLock { state.segments.last { $0.first <= offset } }
    }

    /// The segment that begins with `offset`; nil when there is none.
    func segment(beginningAt offset: Offset) -> Segment? {
        monitor.withLock {
            var low = 0
            var high = state.segments.count
            while low < high {
                let middle = (low + high) / 2
                if state.segments[middle].first < offset { low = middle + 1 } else { high = middle }
            }
            return low < state.segments.count && state.segments[low].first == offset ? state.segments[low] : nil
        }
    }

    /// Where a reader that wants all units not done at `offset` has to begin.
    func start(for offset: Offset) throws(LogError) -> Offset {
        try monitor.withLock { () throws(LogError) in
            let first = state.segments[0].first
            let next = state.frontier.nextOffset
            guard offset >= first, offset <= next else {
                throw LogError(
                    .outOfRange,
                    "offset \(offset) is not in the log, which holds \(first) up to \(next)",
                    hint: offset < first ? "rebuild from the log's beginning" : "look whether this is the right log",
                    place: LogError.Place(path: directory, offset: offset)
                )
            }
            return state.history.groups.eldest(spanning: offset) ?? offset
        }
    }

    /// The frame that closed a group; nil while there is none.
    func closing(of group: GroupID) -> ClosingFrame? {
        monitor.withLock { state.history.groups.extents[group]?.closing }
    }

    /// What a reader does with the first frame of a group.
    func treatment(of group: GroupID) -> GroupTreatment {
        monitor.withLock {
            if state.history.groups.dropped.contains(group) { return .skip }
            guard let extent = state.history.groups.extents[group], let end = extent.end, extent.isContiguous,
                end <= state.frontier.nextOffset
            else { return .collect }
            return .deliver
        }
    }
}

/// What a reader does with the frames of a group.
enum GroupTreatment {
    /// The group was left open by an earlier process: nobody sees it.
    case skip
    /// Remember where they are, and deliver them before the frame that closes the group.
    case collect
    /// Nothing lies between them and their durable end: deliver them as they come.
    case deliver
}
