import Relational

extension EventLog {
    /// The file that a reader at `position` needs next; nil at the durable end.
    ///
    /// - Parameters:
    ///   - current: the file that the reader has come through.
    ///   - floor: what the log's floor was when the reader began: what had left by then it does not miss.
    /// - Throws: `horizonPassed` when something above `position` has left the log for good since then.
    func segment(
        at position: Offset,
        after current: Segment?,
        floor: Offset
    ) throws(LogError) -> (Segment, LogHorizon)? {
        try monitor.withLock { () throws(LogError) in
            if position > .zero, position < state.manifest.floor, state.manifest.floor > floor {
                throw horizonPassed(position)
            }
            var low = 0
            var high = state.segments.count
            while low < high {
                let middle = (low + high) / 2
                if state.segments[middle].first <= position { low = middle + 1 } else { high = middle }
            }
            guard low > 0 else { return nil }
            let found = state.segments[low - 1]
            return found.name == current?.name ? nil : (found, state.manifest.horizon)
        }
    }

    /// Readers between the beginning and this offset have to begin again.
    var floor: Offset { monitor.withLock { state.manifest.floor } }

    private func horizonPassed(_ position: Offset) -> LogError {
        LogError(
            .horizonPassed,
            "records between offset \(position) and \(state.manifest.floor) have left the log for good",
            detail: "compaction keeps deletes only as long as a registered reader may need them",
            hint: "begin again from the start of the log",
            place: LogError.Place(path: directory, offset: position)
        )
    }

    /// What to say of a segment whose file is not there.
    func missing(_ segment: Segment) -> LogError {
        let place = LogError.Place(path: segment.path(in: directory), offset: segment.first)
        guard monitor.withLock({ state.isReadOnly }) else { return .corrupt("a segment's file is missing", at: place) }
        // The writer is another process: what this one knows of the files may be over.
        return LogError(
            .horizonPassed,
            "compaction has put another file in the place of this one",
            hint: "begin again",
            place: place
        )
    }

    /// How far a segment may be read in its file, which may have been replaced since it was opened.
    func durableByteCount(of segment: OpenSegment) throws(LogError) -> Int64 {
        let current = monitor.withLock { state.segments.last { $0.first <= segment.extent.first } }
        // A file that was replaced, or taken into another one, was durable to its end.
        return current?.name == segment.extent.name ? current?.byteCount ?? 0 : try segment.file.byteCount()
    }

    /// Where a reader that wants all units not done at `offset` has to begin.
    func start(for offset: Offset, acceptingLoss: Bool = false) throws(LogError) -> Offset {
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
            if !acceptingLoss, offset > first, offset < state.manifest.floor { throw horizonPassed(offset) }
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

    /// Whether compaction has rewritten a file in which frames of a group lie.
    ///
    /// What lay between them may be gone there. So a reader who is not in the compacted part yet must not take them for a unit by itself.
    func isRewritten(_ group: GroupID) -> Bool {
        monitor.withLock {
            guard let extent = state.history.groups.extents[group], let end = extent.end else { return false }
            return state.segments.contains { $0.isRewritten && $0.first < end && $0.end > extent.first }
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

/// A segment's file, held open: it can be read on when compaction has taken its name away.
final class OpenSegment: Sendable {
    let file: any LogFile
    /// As it was when it was opened.
    let extent: Segment
    let path: String

    init(_ segment: Segment, of log: EventLog) throws(LogError) {
        file = try SegmentFile.open(segment, in: log.directory, id: log.id, fileSystem: log.fileSystem)
        extent = segment
        path = segment.path(in: log.directory)
    }

    /// A cursor that begins at the file's first frame.
    func cursor(seed: UInt32) -> FrameCursor {
        FrameCursor(
            file,
            path: path,
            first: extent.first,
            seed: seed,
            limit: extent.byteCount,
            isRewritten: extent.isRewritten
        )
    }
}
