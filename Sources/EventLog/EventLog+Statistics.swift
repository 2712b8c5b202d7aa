import Relational

extension EventLog {
    /// Bytes of frames that may wait for a flush; as many again may be on their way to the disk.
    public var bufferByteLimit: Int { options.bufferByteLimit }

    /// What `leftfold log stat` shows; of the durable part, except for what waits in the buffer.
    public var statistics: LogStatistics {
        monitor.withLock {
            let last = state.segments.count - 1
            let segments = state.segments.enumerated().map { index, segment in
                LogStatistics.Segment(
                    path: segment.path(in: directory),
                    firstOffset: segment.first,
                    endOffset: segment.end,
                    byteCount: segment.byteCount,
                    isSealed: index < last,
                    isRewritten: segment.isRewritten
                )
            }
            return LogStatistics(
                id: id,
                source: state.manifest.source,
                firstOffset: state.segments[0].first,
                frontier: state.frontier,
                horizon: state.manifest.horizon,
                clean: state.manifest.clean,
                floor: state.manifest.floor,
                tombstoneCount: state.manifest.tombstones,
                cursors: state.cursors,
                segments: segments,
                schemaCount: state.history.schemas.count,
                openGroupCount: state.history.groups.open.count,
                droppedGroupCount: state.history.groups.dropped.count,
                bufferedByteCount: state.waiting.count + state.leaving.count
            )
        }
    }
}
