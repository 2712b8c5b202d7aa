import Relational
public import StateFiles

/// What a circuit had at one moment: what is still to be written of it, and what a manifest says.
public struct CircuitCheckpoint: Sendable {
    /// How many parts are written at once, at most: each sorts so much less, whether others are being written or not, so that what is in a run
    /// depends on no thread.
    public static let threadMax = 4

    let parts: [StatePart]
    let spines: [Spine]
    /// What a manifest says beside the runs.
    public let notes: [String: [UInt8]]

    /// The runs that hold the state by now; who names them in a manifest later holds them, or their files may go.
    public var runs: [Run] { spines.flatMap(\.current.runs) }

    /// Writes what is not written yet and merges runs where that is due, unless told otherwise; returns what a manifest names.
    ///
    /// `batchByteMax` of entries are sorted at once in all. On a thread that is not the fold's; `crew` shares the work. After an error it may be
    /// called again, or a later checkpoint takes in what was left.
    public func write(
        into folder: StateFolder,
        batchByteMax: Int = 32 << 20,
        isMerging: Bool = true,
        with crew: Crew = .alone
    ) throws(StateError) -> [StateManifest.Section] {
        let tasks = tasks
        try crew.run(tasks.count, atOnceMax: Self.threadMax) { index throws(StateError) in
            for part in tasks[index].parts {
                try part.write(into: folder, batchByteMax: max(batchByteMax / Self.threadMax, 1))
            }
            if isMerging { try tasks[index].spine.merge(in: folder) }
        }
        return spines.map { spine in
            StateManifest.Section(name: spine.name, rule: spine.rule, runs: spine.current.runs.map(\.reference))
        }
    }

    /// Each spine with what is to be written to it, the most first.
    private var tasks: [(spine: Spine, parts: [StatePart])] {
        let byteCount = { (parts: [StatePart]) in parts.reduce(0) { $0 + $1.byteCount } }
        return spines.map { spine in (spine, parts.filter { $0.spine === spine }) }
            .sorted { byteCount($0.parts) > byteCount($1.parts) }
    }
}

extension Spine {
    /// Merges neighbours until there are few runs.
    fileprivate func merge(in folder: StateFolder) throws(StateError) {
        while true {
            let runs = current.runs
            guard let range = MergePlan.next(runs.map(\.reference)) else { return }
            replace(range, by: try folder.merge(Array(runs[range]), isWhole: range.lowerBound == 0))
        }
    }
}
