import Expressions
import Relational
import StateFiles
import ViewPlan

/// The groups of an aggregate: a shard for each part of the keys, in which a crew works at once. Their files are the same.
struct ShardedGroups: ~Copyable {
    private let shards: Parts<Groups>
    private let layout: KeyLayout
    private let isGlobal: Bool
    private let folder: StateFolder?
    private let groups: Spine
    private let values: Spine?
    private var keys = KeyBatch()
    private var lastSequence: UInt64 = 0
    /// Groups that the checkpoint had with which it began.
    private var restoredCount = 0

    var spines: [Spine] { [groups] + (values.map { [$0] } ?? []) }

    /// - Throws: `invalidPlan`.
    init(
        inputTypes: [ScalarType],
        groupColumns: [Int],
        calls: [AggregateCall],
        stateName: String,
        folder: StateFolder?
    ) throws(DataflowError) {
        let isPlain = groupColumns.allSatisfy { inputTypes[$0].encoding.hasUniqueImage }
        let hasValues = !isPlain || calls.contains { $0.function.isList || [.min, .max].contains($0.function) }
        let groups = Spine(name: stateName, rule: .replace)
        let values = hasValues ? Spine(name: stateName + ".values", rule: .sum) : nil
        shards = try Parts(Shards.count) { _ throws(DataflowError) in
            try Groups(
                inputTypes: inputTypes,
                groupColumns: groupColumns,
                calls: calls,
                files: GroupFiles(groups: groups, values: values, folder: folder)
            )
        }
        (self.groups, self.values, self.folder) = (groups, values, folder)
        layout = KeyLayout(groupColumns, types: inputTypes, nullsAreEqual: true)
        isGlobal = groupColumns.isEmpty
    }

    /// Groups there are, in memory or not.
    var count: Int { sum { $0.count } + restoredCount }

    /// Bytes held in memory.
    var byteCount: Int { sum { $0.byteCount } + runs.reduce(0) { $0 + $1.byteCount } }

    /// Slots of groups of whose values only the ends are in memory.
    var partialCount: Int { sum { $0.extras.partials.count } }

    /// What waits to be written.
    var unwrittenByteCount: Int { sum { $0.files.unwrittenByteCount } }

    private func sum(_ body: (borrowing Groups) -> Int) -> Int {
        var sum = 0
        for shard in 0..<Shards.count { sum += body(shards[shard]) }
        return sum
    }

    /// Adds a delta to the groups and puts out the change of their rows, shard by shard.
    mutating func step(
        _ delta: borrowing ZSet,
        with crew: Crew,
        into output: inout ZSet,
        errors: inout ErrorCounts
    ) throws(DataflowError) {
        layout.append(delta, to: &keys, with: crew)
        if isGlobal { try shards[Self.shardOfAll].startGlobalGroup() }
        try crew.places.use { places throws(DataflowError) in
            places.fill(keys)
            let isSmall = crew.isSmall(delta.count)
            try crew.collect(Shards.count, isSmall: isSmall, into: &output, errors: &errors) {
                shard,
                output throws(DataflowError) in
                try shards[shard].step(delta, keys, at: places[shard], into: &output)
            }
            places.endEpoch()
        }
        keys.endEpoch()
    }

    /// Where the one group of a global aggregate is.
    private static let shardOfAll = Shards.shard(of: KeyHash.hash(UnsafeRawBufferPointer(start: nil, count: 0)))

    // MARK: State

    private var runs: [Run] { shards[0].files.groupRuns + shards[0].files.valueRuns }

    var isTight: Bool {
        get { shards[0].files.isTight }
        set { for shard in 0..<Shards.count { shards[shard].files.isTight = newValue } }
    }

    /// About the bytes of memory that it takes with all of it in memory.
    var fullByteCount: Int {
        var isComplete = true
        for shard in 0..<Shards.count where !shards[shard].files.isComplete { isComplete = false }
        if isComplete { return byteCount }
        let files = shards[0].files.groupRuns.reduce(0) { $0 + $1.reference.entryCount * 160 }
        return max(
            byteCount,
            shards[0].files.valueRuns.reduce(files) {
                $0 + $1.reference.entryCount * 64 + Int($1.reference.byteCount)
            }
        )
    }

    /// Hands over the groups and values that no file has yet.
    mutating func handOver(with crew: Crew) -> [StatePart] {
        guard folder != nil else { return [] }
        if sum({ $0.hasUnwritten ? 1 : 0 }) > 0 {
            lastSequence += 1
            let sequence = lastSequence
            crew.run(Shards.count, isSmall: crew.isSmall(count)) { shard in
                shards[shard].handOver(as: sequence)
            }
        }
        var handedOver: [GroupFiles.HandedOver] = []
        for shard in 0..<Shards.count { handedOver += shards[shard].files.handedOver }
        if handedOver.isEmpty { return [] }
        var parts = [part(of: handedOver.map { ($0.isWhole, $0.groups) }, to: groups)]
        if let values {
            // They add up: none that is written already is written again when the groups beside it are not.
            let written = shards[0].files.valueContent.written
            let rest = handedOver.filter { $0.sequence > written }
            parts.append(part(of: rest.compactMap { part in part.values.map { (part.isWhole, $0) } }, to: values))
        }
        return parts
    }

    private func part(of sources: [(isWhole: Bool, entries: SealedEntries)], to spine: Spine) -> StatePart {
        StatePart(
            spine: spine,
            sequence: lastSequence,
            isWhole: sources.contains { $0.isWhole },
            sources: sources.map(\.entries)
        )
    }

    /// Takes in what was written since the last time, and where memory is short lets go of the groups that files have.
    ///
    /// - Throws: `stateTooLarge`, `weightOverflow`.
    mutating func adopt() throws(DataflowError) { for shard in 0..<Shards.count { try shards[shard].adopt() } }

    /// Begins with the runs of a checkpoint: those of the groups, then those of the values.
    mutating func restore(count: Int, runs: [[Run]]) {
        groups.restore(runs[0])
        values?.restore(runs[1])
        restoredCount = count
        for shard in 0..<Shards.count { shards[shard].restore() }
    }
}
