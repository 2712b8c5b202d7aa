import Relational
public import StateFiles

/// What a circuit had at one moment: what is still to be written of it, and what a manifest says.
public struct CircuitCheckpoint: Sendable {
    let parts: [StatePart]
    let spines: [Spine]
    /// What a manifest says beside the runs.
    public let notes: [String: [UInt8]]

    /// The runs that hold the state by now; who names them in a manifest later holds them, or their files may go.
    public var runs: [Run] { spines.flatMap(\.current.runs) }

    /// Writes what is not written yet and merges runs where that is due, unless told otherwise; returns what a manifest names.
    ///
    /// `batchByteMax` of entries are sorted at once. On a thread that is not the fold's. After an error it may be called again, or a later checkpoint takes in what was left.
    public func write(
        into folder: StateFolder,
        batchByteMax: Int = 32 << 20,
        isMerging: Bool = true
    ) throws(StateError) -> [StateManifest.Section] {
        for part in parts { try part.write(into: folder, batchByteMax: batchByteMax) }
        if isMerging { for spine in spines { try spine.merge(in: folder) } }
        return spines.map { spine in
            StateManifest.Section(name: spine.name, rule: spine.rule, runs: spine.current.runs.map(\.reference))
        }
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
