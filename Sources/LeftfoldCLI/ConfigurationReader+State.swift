import Foundation
import ViewMaintenance

/// What the state of the views may take, in memory and on disk, and how many threads work on it.
extension ConfigurationReader {
    mutating func memoryBudget(_ node: ConfigurationNode?) -> Int {
        size(node, "memory_budget", least: MemoryBudget.least) ?? standardMemoryBudget
    }

    /// As many as there are processors, 8 at most, when nothing is written.
    mutating func workers(_ node: ConfigurationNode?) -> Int {
        let standard = min(ProcessInfo.processInfo.activeProcessorCount, 8)
        let written = value(node, "workers", expected: "a number of threads such as 4") { Int($0) }
        guard let count = written, let place = node?.place else { return standard }
        if !(1...Self.mostWorkers).contains(count) {
            refuse(
                place,
                "workers is \(count)",
                hint: "write 1 to \(Self.mostWorkers), or leave it out for \(standard)"
            )
        }
        return count
    }

    private static var mostWorkers: Int { 64 }

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
