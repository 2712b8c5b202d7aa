import Dataflow
import EventLog
import Relational
import StateFiles
import TestSupport
import ViewPlan

@testable import ViewMaintenance

/// The fold on one thread: epochs, checkpoints and what becomes of them, in an order that the test gives, so that it can be stopped at any
/// call of its disk. Its store is a table in memory that loses nothing and takes every delta once.
final class SteppedFold {
    struct Broken: Error, CustomStringConvertible {
        var description: String

        init(_ description: String) { self.description = description }
    }

    typealias Rows = [String: [[UInt8]: Int64]]

    let disk = FaultyFileSystem()
    private let log: EventLog
    private let definitions: [ViewDefinition]
    private let options: StateOptions
    private var folder: StateFolder?
    private var engine: FoldEngine?
    private var pending: (checkpoint: CircuitCheckpoint, manifest: StateManifest, isRestartPoint: Bool)?
    private var written: StateManifest?
    private(set) var rows: Rows = [:]
    private(set) var through = Offset.zero
    private var isStarted = false
    /// Whether the rows come into the store when `attach` is called, as those of views that are built; else with the first epoch.
    private let buildsFirst: Bool
    private var isAttached = false
    /// How many starts began with a checkpoint.
    private(set) var resumptions = 0
    /// How many of them while the views were built.
    private(set) var buildResumptions = 0
    /// How often state was found damaged and made again.
    private(set) var repairs = 0
    /// Why checkpoints of the folder are not used.
    var refused: [StateError] { folder?.refused ?? [] }
    /// How many parts of units were folded while the store had rows.
    private(set) var partCount = 0

    init(_ place: LogPlace, _ statements: [Statement], options: StateOptions, buildsFirst: Bool = false) throws {
        log = place.log
        self.buildsFirst = buildsFirst
        self.options = options
        definitions = try StatementCompiler(statements).compile(log.newestSchemas).map { try $0.result.get() }
    }

    /// Limits with tiny blocks.
    static func options(_ random: inout SeededGenerator) -> StateOptions {
        var options = StateOptions(
            cacheByteLimit: [0, 2 << 10, 1 << 20].randomElement(using: &random) ?? 0,
            headroomByteCount: 0,
            manifestsKept: Int.random(in: 1...2, using: &random)
        )
        options.runOptions.blockByteCount = [64, 200, 8192].randomElement(using: &random) ?? 64
        options.runOptions.blocksPerPartition = Int.random(in: 1...4, using: &random)
        return options
    }

    // MARK: Start

    /// Opens the folder and begins with the newest checkpoint, or at the log's beginning.
    func start() throws {
        (folder, engine, pending, written) = (nil, nil, nil, nil)
        let folder = try disk.openState(of: log, options)
        self.folder = folder
        if !folder.refused.isEmpty { repairs += 1 }
        if isStarted, let restored = try restored(folder) {
            resumptions += 1
            if !isAttached { buildResumptions += 1 }
            engine = restored
        } else {
            engine = try fresh(folder, attaching: !buildsFirst)
        }
        isStarted = true
    }

    private var views: [FoldedView] {
        definitions.map { definition in
            var view = FoldedView(definition)
            if isAttached { view.attachedThrough = through }
            return view
        }
    }

    private func restored(_ folder: StateFolder) throws -> FoldEngine? {
        for manifest in folder.manifests {
            guard !isAttached || manifest.offset <= through else { throw Broken("a checkpoint is ahead of the store") }
            do {
                if let engine = try FoldEngine(log: log, views: views, restoring: manifest, from: folder) {
                    return engine
                }
            } catch let error as StateError {
                guard error.code == .corrupt else { throw error }
                repairs += 1
            }
        }
        return nil
    }

    private func fresh(_ folder: StateFolder?, attaching: Bool) throws -> FoldEngine {
        let engine = try FoldEngine(log: log, views: views, folder: folder)
        guard !isAttached, attaching else { return engine }
        for view in definitions {
            try engine.circuit.forEachRow(of: view.name) { add($0, to: view.name) }
            engine.circuit.dropIntegral(of: view.name)
        }
        for index in engine.views.indices { engine.views[index].attachedThrough = .zero }
        isAttached = true
        return engine
    }

    private func add(_ delta: borrowing ZSet, to view: String) {
        for index in 0..<delta.count {
            let row = Array(delta.row(at: index).bytes)
            let weight = (rows[view]?[row] ?? 0) + delta.weight(at: index)
            rows[view, default: [:]][row] = weight == 0 ? nil : weight
        }
    }

    private var running: FoldEngine {
        get throws {
            guard let engine else { throw Broken("the fold was not started") }
            return engine
        }
    }

    // MARK: Steps

    /// Folds one epoch of about this many records, and of a unit of more bytes a part; false at the end of the log.
    @discardableResult
    func fold(_ records: Int = 8, bytes: Int = .max) throws -> Bool {
        let engine = try running
        var budget = EpochBudget.replay
        (budget.records, budget.bytes) = (records, bytes)
        guard let epoch = try engine.nextEpoch(budget, limits: []) else { return false }
        if !isAttached {
            // The circuit keeps the rows.
        } else if epoch.isChunk {
            if epoch.start.offset >= through { partCount += 1 }
        } else if epoch.start.offset >= through {
            // All or nothing, as the transaction of a store.
            let before = rows
            do {
                for view in definitions where epoch.isStepped { try deliver(view.name, engine.circuit) }
            } catch {
                rows = before
                throw error
            }
            through = epoch.end.offset
        } else if epoch.end.offset > through {
            throw Broken("an epoch goes over the store's progress")
        }
        try engine.seal(epoch)
        return true
    }

    private func deliver(_ view: String, _ circuit: Circuit) throws {
        guard circuit.keepsChanges(of: view) else { return circuit.withDelta(of: view) { add($0, to: view) } }
        guard let changes = try circuit.takeChanges(of: view, batchByteMax: 4 << 10) else { return }
        do {
            try changes.leaveMemory()
        } catch {
            guard error.code == .diskFull else { throw error }
        }
        try changes.forEach { add($0, to: view) }
    }

    /// Takes a checkpoint unless one is on its way.
    func begin() throws {
        guard pending == nil else { return }
        let engine = try running
        let checkpoint = try engine.circuit.checkpoint()
        pending = (checkpoint, engine.manifest(checkpoint.notes), engine.canCheckpoint)
    }

    /// Writes and merges what was begun.
    func write() throws {
        guard let folder, let (checkpoint, manifest, isRestartPoint) = pending else { return }
        var whole = manifest
        whole.sections = try checkpoint.write(into: folder)
        pending = nil
        if isRestartPoint, !isAttached || manifest.offset <= through { written = whole }
        try running.circuit.adoptWritten()
    }

    /// Makes what was written the one that a start begins with.
    func publish() throws {
        guard let folder, let manifest = written else { return }
        written = nil
        try folder.publish(manifest)
    }

    /// Gives the state so many bytes of memory from now on.
    func share(_ byteMax: Int) throws {
        let circuit = try running.circuit
        circuit.shareMemory(byteMax)
        if pending == nil { try circuit.adoptWritten() }
    }

    /// Reads state into memory that may be there.
    func load() throws {
        let circuit = try running.circuit
        for read in circuit.beginLoading() { read() }
        if pending == nil { try circuit.adoptWritten() }
    }

    /// The rows that were kept of the views come into the store, all at once, where the fold stands.
    func attach() throws {
        let engine = try running
        guard !isAttached, engine.canCheckpoint else { return }
        var taken: [String: [[UInt8]: Int64]] = [:]
        for view in definitions {
            guard let kept = engine.circuit.takeRows(of: view.name, batchByteMax: 4 << 10) else { continue }
            do {
                try kept.leaveMemory()
            } catch {
                guard error.code == .diskFull else { throw error }
            }
            try kept.forEach { batch in
                for index in 0..<batch.count {
                    taken[view.name, default: [:]][Array(batch.row(at: index).bytes)] = batch.weight(at: index)
                }
            }
        }
        (rows, through, isAttached) = (taken, engine.frontier.offset, true)
        for index in engine.views.indices { engine.views[index].attachedThrough = through }
    }

    /// Something, most of it more often than the rest.
    func step(_ random: inout SeededGenerator) throws {
        if !isAttached, Int.random(in: 0..<40, using: &random) == 0 { return try attach() }
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<4:
            try fold(Int.random(in: 1...12, using: &random), bytes: [100, .max].randomElement(using: &random) ?? 1)
        case 4, 5: try begin()
        case 6, 7: try write()
        case 8: try publish()
        case 9, 10: try share([0, 0, 20 << 10, 1 << 30].randomElement(using: &random) ?? 0)
        default: try load()
        }
    }

    /// As `body`; state that turns out to be damaged is dropped, and made again from the log.
    func repairing(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DataflowError where error.code == .storage {
            try repair()
        } catch let error as StateError where error.code == .corrupt {
            try repair()
        }
    }

    private func repair() throws {
        repairs += 1
        try folder?.drop()
        try start()
    }

    /// Folds the rest of the log.
    func finish() throws {
        while try fold(50) {}
        try attach()
    }

    /// Takes a whole checkpoint.
    func checkpoint() throws {
        try begin()
        try write()
        try publish()
    }

    /// Bytes of all files of state.
    var byteCount: Int { disk.paths.reduce(0) { $0 + (disk.contents($1)?.count ?? 0) } }

    /// Entries in the runs of the newest checkpoint, and the groups of global aggregates, which always have one.
    var entryCounts: (all: Int, global: Int) {
        let sections = folder?.manifests.first?.sections ?? []
        let globals = definitions.filter { ["sums", "all_notes"].contains($0.name) }
        return (sections.reduce(0) { $0 + $1.entryCount }, globals.count)
    }

    /// What a fold without any state has.
    func expectedRows() throws -> Rows {
        (engine, folder, pending, written, rows, through, isAttached) = (nil, nil, nil, nil, [:], .zero, false)
        engine = try fresh(nil, attaching: true)
        try finish()
        defer { engine = nil }
        return rows
    }

    /// Throws when the rows are others.
    func expect(_ expected: Rows) throws {
        for view in definitions where rows[view.name] ?? [:] != expected[view.name] ?? [:] {
            let (found, wanted) = (rows[view.name] ?? [:], expected[view.name] ?? [:])
            let wrong = Set(found.keys).union(wanted.keys).filter { found[$0] != wanted[$0] }
            let some = wrong.prefix(4).map { "\($0): \(found[$0] ?? 0) instead of \(wanted[$0] ?? 0)" }
            throw Broken("\(wrong.count) rows of \(view.name) are wrong: \(some.joined(separator: "; "))")
        }
    }
}
