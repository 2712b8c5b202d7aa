import EventLog
import Relational
import Synchronization
import TestSupport

@testable import StateFiles

/// What entries of one section come to.
struct StateModel: Equatable {
    /// Weights by key and payload under `sum`; the payload alone, with weight 1, under `replace`.
    var weights: [String: [String: Int64]] = [:]

    mutating func apply(_ rule: MergeRule, _ key: String, _ payload: String, _ weight: Int64) {
        switch rule {
        case .replace: weights[key] = weight == 0 ? nil : [payload: 1]
        case .sum:
            let sum = weights[key, default: [:]][payload, default: 0] + weight
            weights[key, default: [:]][payload] = sum == 0 ? nil : sum
            if weights[key] == [:] { weights[key] = nil }
        }
    }
}

/// Random steps on a folder of state beside a model of what they come to; the whole course follows from the seed.
///
/// A step that throws has done nothing that counts, and may be made again.
final class StateWorkload {
    /// What a step is about to do.
    enum Phase: Sendable {
        case opening, writing, publishing, dropping
    }

    /// The phase, for those who look at syncs.
    final class PhaseBox: Sendable {
        private let phase = Mutex(Phase.opening)

        var value: Phase {
            get { phase.withLock { $0 } }
            set { phase.withLock { $0 = newValue } }
        }
    }

    struct Published {
        var manifest: StateManifest
        var models: [StateModel]
    }

    struct Broken: Error, CustomStringConvertible {
        var description: String

        init(_ description: String) { self.description = description }
    }

    static let rules: [MergeRule] = [.sum, .replace]

    let fileSystem: FaultyFileSystem
    let phase: PhaseBox
    private var generator: SeededGenerator
    private var folder: StateFolder?
    private var runs: [[Run]] = [[], []]
    private var models = [StateModel(), StateModel()]
    /// All manifests that were ever on their way to the disk.
    private var published: [UInt64: Published] = [:]
    /// The ones that must be found, newest first.
    private var confirmed: [UInt64] = []
    /// Everything may be gone: a drop has begun, and not ended.
    private var isDropping = false
    /// No manifest up to this number may come back.
    private var dropped: UInt64 = 0
    /// Given by the open folder.
    private var highestID: UInt64 = 0
    private var stepNumber = 0

    init(seed: UInt64, fileSystem: FaultyFileSystem, phase: PhaseBox = PhaseBox()) throws {
        self.fileSystem = fileSystem
        self.phase = phase
        generator = SeededGenerator(seed: seed)
        _ = try fileSystem.createDirectory("/data")
        try fileSystem.synchronizeDirectory("/")
    }

    // MARK: Steps

    /// Makes the next step; the same one again after an error.
    func step() throws {
        let before = generator
        do {
            if folder == nil { return try reopen() }
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<9: try write()
            case 9..<13: try merge()
            case 13..<18: try publish()
            case 18: try reopen()
            default: try drop()
            }
            stepNumber += 1
        } catch {
            generator = before
            throw error
        }
    }

    private func write() throws {
        guard let folder else { return }
        phase.value = .writing
        let section = Int.random(in: 0..<2, using: &generator)
        let rule = Self.rules[section]
        var batch = EntryBatch()
        var model = models[section]
        for _ in 0..<Int.random(in: 0..<40, using: &generator) {
            let key = "key \(Int.random(in: 0..<30, using: &generator))"
            let payload = "payload \(Int.random(in: 0..<3, using: &generator))"
            var weight = Int64.random(in: 0...1, using: &generator)
            if rule == .sum { weight = weight == 0 && model.weights[key]?[payload] != nil ? -1 : 1 }
            batch.append(key, payload, weight)
            model.apply(rule, key, payload, weight)
        }
        if let run = try folder.write(batch, rule: rule) {
            try add(run)
            runs[section].append(run)
        }
        models[section] = model
    }

    private func merge() throws {
        guard let folder else { return }
        phase.value = .writing
        let section = Int.random(in: 0..<2, using: &generator)
        let count = runs[section].count
        guard count >= 2 else { return }
        var range = 0..<count
        if Bool.random(using: &generator) {
            let first = Int.random(in: 0..<count - 1, using: &generator)
            range = first..<Int.random(in: first + 2...count, using: &generator)
        } else if let planned = MergePlan.next(runs[section].map(\.reference)) {
            range = planned
        }
        let merged = try folder.merge(Array(runs[section][range]), isWhole: range.lowerBound == 0)
        if let merged { try add(merged) }
        runs[section].replaceSubrange(range, with: merged.map { [$0] } ?? [])
    }

    private func add(_ run: Run) throws {
        guard run.reference.id > highestID else { throw Broken("the id \(run.reference.id) was given twice") }
        highestID = run.reference.id
    }

    private func publish() throws {
        guard let folder else { return }
        phase.value = .publishing
        var manifest = StateSample.manifest([], offset: Int64(stepNumber))
        manifest.sections = Self.rules.enumerated().map { index, rule in
            StateManifest.Section(name: "\(rule)", rule: rule, runs: runs[index].map(\.reference))
        }
        manifest.logID = StateSample.logID
        manifest.semantics = StateSample.semantics
        manifest.number = folder.contents.withLock { $0.nextNumber }
        published[manifest.number] = Published(manifest: manifest, models: models)
        let done = try folder.publish(manifest)
        guard done == manifest else { throw Broken("published \(done) for \(manifest)") }
        confirmed = [manifest.number] + confirmed.prefix(1)
        guard folder.manifests.map(\.number) == confirmed else { throw Broken("kept \(folder.manifests)") }
        try checkFiles(folder)
    }

    private func drop() throws {
        guard let folder else { return }
        phase.value = .dropping
        isDropping = true
        try folder.drop()
        isDropping = false
        dropped = folder.contents.withLock { $0.nextNumber } - 1
        confirmed = []
        runs = [[], []]
        models = [StateModel(), StateModel()]
        try checkFiles(folder)
    }

    /// The files are those of kept manifests and held runs, and no others.
    private func checkFiles(_ folder: StateFolder) throws {
        let held = runs.joined().map(\.reference.id)
        let ids = folder.manifests.reduce(into: Set(held)) { $0.formUnion($1.runIDs) }
        let names = ids.map { StateNames.run($0) } + folder.manifests.map { StateNames.manifest($0.number) }
        let found = try fileSystem.list(StateSample.directory) ?? []
        guard found.sorted() == names.sorted() else { throw Broken("the files are \(found), not \(names)") }
        let bytes = found.reduce(0) { $0 + (fileSystem.contents("\(StateSample.directory)/\($1)")?.count ?? 0) }
        let statistics = folder.statistics
        guard statistics.byteCount == Int64(bytes), statistics.fileCount == names.count,
            statistics.runCount == ids.count
        else { throw Broken("the statistics are \(statistics), the files have \(bytes) bytes") }
    }

    // MARK: Opening

    /// Forgets the process, as after a crash.
    func forget() {
        folder = nil
        runs = [[], []]
    }

    /// Opens the folder and goes on from its newest manifest, after a look at everything in it.
    func reopen() throws {
        phase.value = .opening
        forget()
        let folder = try StateSample.open(fileSystem)
        try checkFound(folder)
        self.folder = folder
        let newest = folder.manifests.first
        confirmed = folder.manifests.map(\.number)
        isDropping = false
        dropped = 0
        highestID = 0
        models = newest.flatMap { published[$0.number]?.models } ?? [StateModel(), StateModel()]
        runs = try Self.rules.enumerated().map { index, rule in
            try (newest?.sections[index].runs ?? []).map { try folder.open($0, rule: rule) }
        }
    }

    private func checkFound(_ folder: StateFolder) throws {
        let found = folder.manifests.map(\.number)
        let last = confirmed.first ?? dropped
        // Above those that must be there, only such as were on their way when the process ended.
        let newCount = found.prefix { $0 > last }.count
        guard isDropping || Array(found.dropFirst(newCount)) == Array(confirmed.prefix(2 - newCount)) else {
            throw Broken("found \(found), where \(confirmed) were published")
        }
        for error in folder.refused {
            let isUnderWay = published.keys.contains { number in
                let name = StateNames.manifest(number)
                return number > last && (error.path?.hasSuffix(name) == true || error.message.hasPrefix(name + " "))
            }
            guard isUnderWay || isDropping else { throw Broken("refused \(error)") }
        }
        for manifest in folder.manifests {
            guard let expected = published[manifest.number], expected.manifest == manifest else {
                throw Broken("a manifest is not what was published: \(manifest)")
            }
            for (index, section) in manifest.sections.enumerated() {
                let runs = try section.runs.map { try folder.open($0, rule: section.rule) }
                for run in runs { try RunFile.check(run) }
                let model = try StateModel(runs, rule: section.rule, cache: folder.cache)
                guard model == expected.models[index] else {
                    throw Broken(
                        "\(section.name) of manifest \(manifest.number) is \(model), not \(expected.models[index])"
                    )
                }
            }
        }
        if folder.refused.isEmpty, !(try folder.check()).isSound { throw Broken("\(try folder.check().faults)") }
    }
}
