import Relational

/// Finds out which records of the segments below the new horizon are superseded; see `docs/compaction.md`, "One run".
///
/// A pass reads the dirty part in the order of delivery into the key map, then the clean part, which is only looked up. When the map is full it
/// keeps the keys whose next bit of the hash is 0; the others wait for another pass.
struct CompactionSurvey: ~Copyable {
    /// Keys by the upper bits of their hash, or the keys whose rows have moved.
    enum Coverage {
        case hashes(mask: UInt64, value: UInt64, bit: Int)
        case moved
    }

    /// The TRUNCATEs of a relation in the dirty part so far.
    struct Truncation {
        var epoch: UInt32 = 0
        var latest: (mark: RecordMark, place: RecordPlace, byteCount: UInt32)?
    }

    let scope: CompactionScope
    let rules: RelationRules
    let options: CompactionOptions
    let pace: CompactionPace
    /// Tombstones below it are read by nobody any more.
    let cursorOffset: Offset
    var findings: SurveyFindings
    var map: KeyMap
    var chains = PartialChains()
    var missing = MissingColumns()
    var roles = RecordRoles()
    var touch = KeyTouch()
    var truncations: [Truncation]
    var coverage = Coverage.hashes(mask: 0, value: 0, bit: 63)
    private var waiting: [Coverage] = []
    /// Both keys of each partial record that moves a row.
    var movedKeys: Set<[UInt8]> = []
    private(set) var passes = 0
    private(set) var keyMapPeakByteCount = 0

    /// Whether what needs counting once is counted in this pass.
    var isFirstPass: Bool { passes == 0 }

    init(_ scope: CompactionScope, _ options: CompactionOptions, pace: CompactionPace, cursorOffset: Offset) {
        self.scope = scope
        self.options = options
        self.pace = pace
        self.cursorOffset = cursorOffset
        rules = RelationRules(scope.log.allSchemas, options: options)
        findings = SurveyFindings(scope, rules)
        map = KeyMap(byteLimit: options.keyMapByteLimit)
        truncations = Array(repeating: Truncation(), count: rules.relations.count)
    }

    /// Makes all passes.
    mutating func run() throws(LogError) {
        var next: Coverage? = coverage
        while let current = next {
            coverage = current
            try pass()
            next = waiting.popLast()
            if next == nil, !movedKeys.isEmpty, passes > 1, !isMovedPass { next = .moved }
        }
        let floor = try findings.sizes.finish(scope, rules, unclosed: findings.unclosedGroups)
        findings.finish(floor: floor)
    }

    private var isMovedPass: Bool {
        if case .moved = coverage { true } else { false }
    }

    private mutating func pass() throws(LogError) {
        map = KeyMap(byteLimit: options.keyMapByteLimit)
        chains = PartialChains()
        for index in truncations.indices { truncations[index] = Truncation() }
        pace.expect(scope.segments.byteCount, in: .survey)
        try surveyDirty()
        buryTruncated()
        try surveyClean()
        resolveChains()
        notePeak()
        passes += 1
    }

    private mutating func notePeak() {
        keyMapPeakByteCount = max(keyMapPeakByteCount, map.peakByteCount + chains.byteCount)
    }

    // MARK: Keys

    func covers(_ key: borrowing ByteSlab, _ hash: UInt64) -> Bool {
        switch coverage {
        case .hashes(let mask, let value, _): hash & mask == value
        case .moved: movedKeys.contains(Array(key.bytes))
        }
    }

    /// The entry of a key that is not in the map yet; nil when the key is put off to another pass.
    mutating func insert(_ key: borrowing ByteSlab, _ hash: UInt64) -> UnsafeMutablePointer<KeyMap.Entry>? {
        while true {
            guard case .hashes(_, _, let bit) = coverage, bit >= 32 else {
                return map.insert(key.bytes, hash: hash, isUnlimited: true)
            }
            if map.count == 0 || map.byteCount + chains.byteCount <= options.keyMapByteLimit,
                let entry = map.insert(key.bytes, hash: hash)
            {
                return entry
            }
            split()
            if !covers(key, hash) { return nil }
        }
    }

    /// Puts the keys whose next bit is 1 off to another pass.
    private mutating func split() {
        guard case .hashes(let mask, let value, let bit) = coverage else { return }
        notePeak()
        let next = UInt64(1) << UInt64(bit)
        waiting.append(.hashes(mask: mask | next, value: value | next, bit: bit - 1))
        coverage = .hashes(mask: mask | next, value: value, bit: bit - 1)
        // What an entry that leaves has in the chains is found again in its own pass.
        var kept = PartialChains()
        swap(&kept, &chains)
        map.retain { key, entry in
            let hash = KeyHash.hash(key)
            if hash & next == 0 { return hash }
            if entry.pointee.chain != 0 { kept.release(entry.pointee.chain) }
            return nil
        }
        swap(&kept, &chains)
        pace.expect(scope.segments.byteCount, in: .survey)
    }

    // MARK: Superseding

    /// A record's role is over: a later record says more.
    mutating func kill(_ mark: RecordMark, _ place: RecordPlace, _ byteCount: UInt32) {
        findings.kill(mark, segment: place.segment, byteCount: Int(byteCount))
    }

    /// What an entry tells is over, with the elders that it needed.
    mutating func supersede(_ entry: UnsafeMutablePointer<KeyMap.Entry>) {
        let chain = entry.pointee.chain
        if chain != 0, chains[chain: chain].head != 0 {
            killList(chains[chain: chain].head)
            chains[chain: chain].head = 0
            if chains[chain: chain].base == 0 {
                chains.release(chain: chain)
                entry.pointee.chain = 0
            }
        } else {
            kill(entry.pointee.mark, entry.pointee.place, entry.pointee.byteCount)
        }
    }

    /// The records of a list are over.
    mutating func killList(_ head: UInt32) {
        var index = head
        while index != 0 {
            let node = chains[node: index]
            if node.state == .record || node.state == .base { kill(node.mark, node.place, node.byteCount) }
            chains.release(node: index)
            index = node.next
        }
    }

    /// Supersedes what was there before the relation's last TRUNCATE.
    private mutating func buryTruncated() {
        guard truncations.contains(where: { $0.epoch > 0 }) else { return }
        var stale: [UnsafeMutablePointer<KeyMap.Entry>] = []
        map.forEach { _, entry in
            let relation = rules.relation(ofSchema: Int(entry.pointee.schema))
            if entry.pointee.epoch < truncations[relation].epoch { stale.append(entry) }
        }
        for entry in stale { supersede(entry) }
    }
}

extension PartialChains {
    /// Forgets a chain with the records of its list.
    mutating func release(_ index: UInt32) {
        let chain = self[chain: index]
        var node = chain.head
        while node != 0 {
            let next = self[node: node].next
            release(node: node)
            node = next
        }
        release(chain: index)
    }
}
