import Dataflow
import Dispatch
import EventLog
import Foundation
import Logging
import Relational
import StateFiles
import Synchronization

/// Writes checkpoints on a thread of its own, one at a time. Each is done in two steps: its runs are written as soon as it is handed over;
/// the manifest follows when the stores have what was folded up to it, because from there on a restart knows nothing of what was before.
final class Checkpointer: Sendable {
    /// What a checkpoint is at.
    enum Phase: Sendable {
        /// Its runs are being written.
        case writing
        /// Its runs are written; the manifest waits for `publish`.
        case written
        case publishing
        /// A restart begins here.
        case done
        /// Nothing is lost: what was not written is in the next one.
        case failed(StateError)
    }

    /// One checkpoint.
    final class Job: Sendable {
        let manifest: StateManifest
        /// Whose state it is.
        let circuit: ObjectIdentifier
        /// Whether a restart may begin with it; else it only frees memory.
        let isRestartPoint: Bool
        /// Whether the process ends after it: runs are not merged.
        let isLast: Bool
        private let state: Mutex<State>

        private struct State {
            var phase = Phase.writing
            /// Nil when it is written: its memory is free then.
            var checkpoint: CircuitCheckpoint?
            var sections: [StateManifest.Section] = []
            /// What the sections name, so that it stays.
            var runs: [Run] = []
        }

        init(
            _ checkpoint: CircuitCheckpoint,
            of circuit: Circuit,
            _ manifest: StateManifest,
            isRestartPoint: Bool,
            isLast: Bool = false
        ) {
            self.isLast = isLast
            self.isRestartPoint = isRestartPoint
            self.circuit = ObjectIdentifier(circuit)
            self.manifest = manifest
            state = Mutex(State(checkpoint: checkpoint))
        }

        var phase: Phase { state.withLock { $0.phase } }

        fileprivate func move(to phase: Phase) { state.withLock { $0.phase = phase } }

        fileprivate func write(into folder: StateFolder, batchByteMax: Int, with crew: Crew) throws(StateError) {
            guard let checkpoint = state.withLock({ $0.checkpoint }) else { return }
            let sections = try checkpoint.write(
                into: folder,
                batchByteMax: batchByteMax,
                isMerging: !isLast,
                with: crew
            )
            let runs = checkpoint.runs
            state.withLock { $0 = State(phase: .written, sections: sections, runs: runs) }
            // What was merged may go at once where nothing is published for long.
            if !isRestartPoint { folder.removeLeftovers() }
        }

        /// The manifest with the runs that were written.
        fileprivate var whole: StateManifest {
            var whole = manifest
            whole.sections = state.withLock { $0.sections }
            whole.writtenAt = PostgresTime.now
            return whole
        }
    }

    let folder: StateFolder
    private let memory: MemoryBudget
    private let wake: @Sendable () -> Void
    private let running = DispatchGroup()
    /// Processors that nobody else wants. Not the fold's own: who waits for a step there would help with a long write.
    private let crew = Crew.threads(
        min(ProcessInfo.processInfo.activeProcessorCount, CircuitCheckpoint.threadMax),
        named: "leftfold-state",
        isInBackground: true
    )

    /// `wake` is called whenever a job has come further.
    init(_ folder: StateFolder, _ memory: MemoryBudget, wake: @escaping @Sendable () -> Void) {
        self.folder = folder
        self.memory = memory
        self.wake = wake
    }

    /// Begins to write a checkpoint. No other may be on its way.
    func write(_ job: Job) {
        let batchByteMax = memory.batchByteMax
        start(job) { [folder, crew] () throws(StateError) in
            try job.write(into: folder, batchByteMax: batchByteMax, with: crew)
        }
    }

    /// Makes a checkpoint whose runs are written the one that a restart begins with.
    func publish(_ job: Job) {
        job.move(to: .publishing)
        start(job) { [folder] () throws(StateError) in
            try folder.publish(job.whole)
            job.move(to: .done)
        }
    }

    private func start(_ job: Job, _ body: @escaping @Sendable () throws(StateError) -> Void) {
        running.enter()
        OwnThread.start("leftfold-state", isInBackground: true) { [wake, running] in
            do throws(StateError) { try body() } catch { job.move(to: .failed(error)) }
            wake()
            running.leave()
        }
    }

    /// Runs `reads` one after the other.
    func load(_ reads: [@Sendable () -> Void]) {
        running.enter()
        OwnThread.start("leftfold-state", isInBackground: true) { [wake, running] in
            for read in reads { read() }
            wake()
            running.leave()
        }
    }

    /// Waits for what is being written, so that the folder is free for whoever uses it next.
    func waitUntilIdle() { running.wait() }

    /// Waits some seconds at most.
    func waitUntilIdle(within seconds: Double) { _ = running.wait(timeout: .now() + max(seconds, 0)) }
}
