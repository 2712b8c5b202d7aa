import Relational
import StateFiles
import Synchronization

/// The fold's checkpoints at one moment.
struct CheckpointGlance: Sendable {
    /// The frontier of the one that a restart begins with; zero for none.
    var offset = Offset.zero
    var failure: CheckpointFailure?
    /// Whether the fold waits until state can be written.
    var holdsFold = false
}

/// Since when and why checkpoints fail.
struct CheckpointFailure: Sendable {
    var error: StateError
    /// Microseconds since 2000-01-01 UTC.
    var since = PostgresTime.now
}

extension FoldCheckpoints.Standing {
    var glance: CheckpointGlance { CheckpointGlance(offset: published, failure: failure, holdsFold: holdsFold) }
}

extension StatusBoard {
    /// What the fold has told of its state.
    var foldState: (checkpoints: CheckpointGlance, memoryBytes: Int64, progress: String?) {
        state.withLock { ($0.checkpoints, $0.stateBytes, $0.unitProgress) }
    }

    /// Shows how far the unit is that is folded in chunks; nil between units.
    func show(unitProgress: String?) { state.withLock { $0.unitProgress = unitProgress } }

    func show(_ checkpoints: CheckpointGlance) { state.withLock { $0.checkpoints = checkpoints } }

    /// Shows the memory that all operators' state has.
    func show(stateBytes: Int64) { state.withLock { $0.stateBytes = stateBytes } }
}
