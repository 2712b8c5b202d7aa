import EventLog

extension Configuration {
    /// What a run of compaction that begins now may do; `now` is in microseconds since 2000-01-01 00:00 UTC.
    func compactionOptions(now: Int64) -> CompactionOptions {
        var options = CompactionOptions(now: now)
        options.retention = retention
        options.minLag = compaction.minLag.wholeMicroseconds
        options.maxLag = compaction.maxLag.wholeMicroseconds
        options.minAge = compaction.tombstones.minAge.wholeMicroseconds
        options.maxHold = compaction.tombstones.maxHold.wholeMicroseconds
        options.maxHoldByteCount = compaction.tombstones.maxBytes.map(Int64.init) ?? .max
        options.keyMapByteLimit = compaction.keyMapBytes
        options.bytesPerSecond = compaction.bytesPerSecond
        return options
    }
}
