import ViewMaintenance

/// What the state of the views may take, in memory and on disk.
extension ConfigurationReader {
    mutating func memoryBudget(_ node: ConfigurationNode?) -> Int {
        size(node, "memory_budget", least: MemoryBudget.least) ?? standardMemoryBudget
    }

    mutating func state(_ node: ConfigurationNode?) -> StateConfiguration {
        var result = StateConfiguration()
        guard let node else { return result }
        let keys = section(node, "state", keys: ["checkpoint", "disk"])
        let written = value(keys["checkpoint"], "state.checkpoint", expected: "a time such as 5s", parseDuration)
        if let interval = written, let place = keys["checkpoint"]?.place {
            result.checkpointInterval = interval
            if interval < .milliseconds(10) {
                refuse(place, "state.checkpoint is below 10ms", hint: "write at least 10ms, or leave it out for 5s")
            }
            if interval > Self.longest { refuse(place, "state.checkpoint is above 36500d", hint: "write e.g. 5s") }
        }
        result.diskLimitBytes = size(keys["disk"], "state.disk", least: 64 << 20)
        return result
    }
}
