import StateFiles

extension StateModel {
    /// What a scan of runs finds.
    init(_ runs: [Run], rule: MergeRule, cache: BlockCache) throws {
        var reader = RunReader(runs, rule: rule, cache: cache)
        var found = FoundEntries()
        reader.scan()
        while try reader.next(into: &found) {
            for index in 0..<found.count {
                let key = String(decoding: found.key(at: index), as: UTF8.self)
                let payload = String(decoding: found.payload(at: index), as: UTF8.self)
                weights[key, default: [:]][payload] = found.weight(at: index)
            }
        }
    }
}
