import EventLog

/// The sections that say what the log keeps, and how the rest goes.
extension ConfigurationReader {
    /// Longer times are mistakes, and would overflow once they are added to a date.
    static let longest = Duration.seconds(36_500 * 86_400)

    /// `tables` are those of the source; empty when they could not be read, and then any name goes.
    mutating func retention(_ node: ConfigurationNode?, tables: [TableName]) -> LogRetention {
        var result = LogRetention()
        guard let node else { return result }
        for entry in entries(node, "retention") {
            let table = retainedTable(entry, tables)
            guard let retention = parsed(entry) else { continue }
            if let table {
                if result.relations.updateValue(retention, forKey: table.qualified) != nil {
                    refuse(entry.keyPlace, "\(table) is listed twice")
                }
            } else if entry.key == "default" {
                result.fallback = retention
            }
        }
        return result
    }

    /// The table of an entry; nil for `default` and for what is no table of the source.
    private mutating func retainedTable(_ entry: ConfigurationNode.Entry, _ tables: [TableName]) -> TableName? {
        guard entry.key != "default" else { return nil }
        guard let table = TableName(parsing: entry.key) else {
            refuse(entry.keyPlace, "\"\(entry.key)\" is neither default nor a table name")
            return nil
        }
        guard !tables.isEmpty, !tables.contains(table) else { return table }
        let isQualified = entry.key.contains(".")
        let names = tables.map { known in
            isQualified || known.schema != "public" ? known.description : String(known.description.dropFirst(7))
        }
        refuse(
            entry.keyPlace,
            "retention names \(table), which is not in source.postgres.tables",
            hint: home(of: entry.key, not: "retention") ?? suggestion(for: entry.key, among: names + ["default"])
        )
        return nil
    }

    private mutating func parsed(_ entry: ConfigurationNode.Entry) -> Retention? {
        let name = "retention.\(entry.key)"
        guard let written = text(entry.value, name) else { return nil }
        guard let retention = Retention(parsing: written) else {
            refuse(
                entry.value.place,
                "\(name) \"\(written)\" is not a retention",
                hint: "compact, keep, a time such as 30d, or a size such as 10GB"
            )
            return nil
        }
        if case .time(let microseconds) = retention, .microseconds(microseconds) > Self.longest {
            refuse(entry.value.place, "\(name) is above 36500d", hint: "write keep to keep everything")
        }
        return retention
    }

    mutating func compaction(_ node: ConfigurationNode?) -> CompactionConfiguration {
        var result = CompactionConfiguration()
        guard let node else { return result }
        let keys = section(
            node,
            "compaction",
            keys: ["min_lag", "max_lag", "tombstones", "key_map", "bytes_per_second"]
        )
        let minLag = time(keys["min_lag"], "compaction.min_lag", mayBeZero: true)
        let maxLag = time(keys["max_lag"], "compaction.max_lag")
        result.minLag = minLag ?? result.minLag
        result.maxLag = maxLag ?? result.maxLag
        if result.maxLag > .zero, result.maxLag < result.minLag, let place = (keys["max_lag"] ?? keys["min_lag"])?.place
        {
            let (least, most) = (result.minLag.wholeMicroseconds, result.maxLag.wholeMicroseconds)
            refuse(
                place,
                "compaction.max_lag \(durationText(microseconds: most)) is below compaction.min_lag "
                    + durationText(microseconds: least),
                hint: "raise max_lag or lower min_lag"
            )
        }
        result.tombstones = keys["tombstones"].map { tombstones($0) } ?? result.tombstones
        result.keyMapBytes = size(keys["key_map"], "compaction.key_map", least: 1 << 20) ?? result.keyMapBytes
        result.bytesPerSecond = size(keys["bytes_per_second"], "compaction.bytes_per_second", least: 64 << 10)
        return result
    }

    private mutating func tombstones(_ node: ConfigurationNode) -> CompactionConfiguration.Tombstones {
        var result = CompactionConfiguration.Tombstones()
        let name = "compaction.tombstones"
        let keys = section(node, name, keys: ["min_age", "max_hold", "max_bytes"])
        result.minAge = time(keys["min_age"], "\(name).min_age", mayBeZero: true) ?? result.minAge
        result.maxHold = time(keys["max_hold"], "\(name).max_hold") ?? result.maxHold
        result.maxBytes = size(keys["max_bytes"], "\(name).max_bytes", least: 1 << 20)
        return result
    }

    private mutating func time(_ node: ConfigurationNode?, _ name: String, mayBeZero: Bool = false) -> Duration? {
        guard let node, let time = value(node, name, expected: "a time such as 24h", parseDuration) else { return nil }
        if time == .zero, !mayBeZero {
            refuse(node.place, "\(name) must be above 0", hint: "write a time such as 24h, or leave it out")
        }
        if time > Self.longest { refuse(node.place, "\(name) is above 36500d", hint: "write a time such as 24h") }
        return time
    }

    mutating func size(_ node: ConfigurationNode?, _ name: String, least: Int) -> Int? {
        guard let node, let bytes = value(node, name, expected: "a size such as 64MB", parseByteCount) else {
            return nil
        }
        let limit = byteCountText(Int64(least))
        if bytes < least { refuse(node.place, "\(name) is below \(limit)", hint: "write at least \(limit)") }
        return bytes
    }
}
