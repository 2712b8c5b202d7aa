import Relational
import ViewStores

/// An owner of a store that writes epochs and knows what the store ought to hold.
final class StoreRun {
    let place: any StorePlace
    let logID: String
    private var connection: (any ViewStore)?
    private(set) var token: Int64
    private(set) var models: [String: StoreModel] = [:]
    private(set) var progress: [String: StoreProgress] = [:]
    private(set) var offset = Offset(100)

    /// Claims the store and publishes the views, empty.
    init(_ place: any StorePlace, views: [ViewTable], logID: String = "log-a") throws {
        self.place = place
        self.logID = logID
        let store = try place.open()
        connection = store
        token = try store.claim(logID: logID)
        for view in views { models[view.name] = StoreModel(view) }
        for view in views { try store.beginGeneration(of: view) }
        try store.begin()
        for view in views { try store.publish(view) }
        try commitProgress(of: views)
    }

    /// The same run over another place, for example a copy of this one.
    init(continuing run: StoreRun, at place: any StorePlace) throws {
        self.place = place
        logID = run.logID
        let store = try place.open()
        connection = store
        token = try store.claim(logID: logID)
        models = run.models
        progress = run.progress
        offset = run.offset
    }

    /// The store of the last claim.
    var store: any ViewStore {
        guard let connection else { preconditionFailure("the run has ended with an error when it was opened again") }
        return connection
    }

    /// Goes on with a new connection and claim; the old connection goes away as it is.
    func reopen() throws {
        connection = nil
        connection = try place.open()
        token = try store.claim(logID: logID)
    }

    func step(for view: ViewTable, offset: Offset) -> StoreProgress {
        StoreProgress(
            logID: logID,
            view: view.name,
            version: view.version,
            offset: offset,
            position: SourcePosition(timeline: 3, lsn: LSN(0xF_0000_0000 + UInt64(max(offset.rawValue, 0)))),
            fencingToken: token
        )
    }

    /// Commits the open transaction at the next offset.
    func commitProgress(of views: [ViewTable]) throws {
        offset = Offset(offset.rawValue + 7)
        let steps = views.map { step(for: $0, offset: offset) }
        try store.commit(steps)
        for step in steps { progress[step.view] = step }
    }

    /// Moves views to the next offset without rows, durably.
    func noteProgress(of views: [ViewTable]) throws {
        offset = Offset(offset.rawValue + 7)
        let steps = views.map { step(for: $0, offset: offset) }
        try store.noteProgress(steps)
        for step in steps { progress[step.view] = step }
    }

    /// Applies an epoch without committing it; the delta of each view in so many parts, none of which has a key of another.
    func apply(_ epoch: Epoch, parts: Int = 1) throws {
        for (name, change) in epoch.changes {
            var rows: [Int: [(StoreModel.Row, Int)]] = parts == 1 ? [0: []] : [:]
            for (row, weight) in change.rows {
                let part = parts == 1 ? 0 : models[name]?.part(of: row, parts) ?? 0
                rows[part, default: []].append((row, weight))
            }
            for (_, part) in rows.sorted(by: { $0.key < $1.key }) {
                var delta = ZSet()
                for (row, weight) in part { try delta.append(texts: row, of: change.view, weight: weight) }
                try store.apply(delta, to: change.view)
            }
        }
    }

    /// Writes an epoch and moves the progress of all views.
    func commit(_ epoch: Epoch, parts: Int = 1) throws {
        try store.begin()
        try apply(epoch, parts: parts)
        try commitProgress(of: models.values.map(\.view))
        note(epoch)
    }

    /// Adds a committed epoch to what is expected.
    func note(_ epoch: Epoch) {
        for (view, change) in epoch.changes {
            for (row, weight) in change.rows { models[view]?.add(row, weight) }
        }
    }

    /// Changes what is expected of a view.
    func expect(_ view: ViewTable, _ model: StoreModel?) { models[view.name] = model }

    func forgetProgress(of view: String) { progress[view] = nil }

    /// What is expected of two views changes places.
    func exchange(_ name: String, _ other: String) {
        let pairs = [(name, models[other], progress[other]), (other, models[name], progress[name])]
        for (name, model, step) in pairs {
            models[name] = model?.changed { $0.name = name }
            progress[name] = step
            progress[name]?.view = name
        }
    }

    /// The table of a view as it is expected now.
    func view(_ name: String) -> ViewTable {
        guard let model = models[name] else { preconditionFailure("the run has no view \(name)") }
        return model.view
    }

    /// Puts a new generation with the same rows in the place of a view's.
    func rebuild(_ view: ViewTable, version: String) throws {
        guard let model = models[view.name] else { return }
        var next = view
        next.version = version
        var rows = ZSet()
        for (row, count) in model.rows { try rows.append(texts: row, of: next, weight: count) }
        try store.beginGeneration(of: next)
        try store.append(rows, to: next)
        try store.begin()
        try store.publish(next)
        try commitProgress(of: [next])
        models[view.name] = model.changed { $0.version = version }
    }

    /// A random epoch over some of the views, not yet applied.
    func makeEpoch(using generator: inout SeededGenerator) -> Epoch {
        var epoch = Epoch()
        for name in models.keys.sorted() where Int.random(in: 0..<3, using: &generator) > 0 {
            guard var model = models[name] else { continue }
            for _ in 0..<Int.random(in: 0..<12, using: &generator) {
                for (row, weight) in model.randomChange(using: &generator) { epoch.add(model.view, row, weight) }
            }
        }
        return epoch
    }

    func randomEpoch(using generator: inout SeededGenerator) throws {
        let parts = Int.random(in: 1...3, using: &generator)
        try commit(makeEpoch(using: &generator), parts: parts)
    }

    func deleteEverything() throws {
        var epoch = Epoch()
        for model in models.values {
            for (row, count) in model.rows { epoch.add(model.view, row, -count) }
        }
        try commit(epoch)
    }

    /// Compares rows and progress with what they ought to be, through the owner's store or another one.
    func check(_ when: String, through reader: (any ViewStore)? = nil) throws {
        let reader = reader ?? store
        for model in models.values {
            let held = try Self.images(of: model.view, in: reader)
            let wanted = try model.images()
            guard held == wanted else {
                let missing = wanted.filter { held[$0.key] != $0.value }.count
                let surplus = held.filter { wanted[$0.key] != $0.value }.count
                throw ConformanceFailure(
                    "view \"\(model.view.name)\", \(when): \(missing) of \(wanted.count) rows missing or too few, "
                        + "\(surplus) that should not be there"
                )
            }
        }
        let held = try reader.progress()
        let wanted = progress.values.sorted { $0.view < $1.view }
        guard held.sorted(by: { $0.view < $1.view }) == wanted else {
            throw ConformanceFailure("progress, \(when): \(wanted) was expected, not \(held)")
        }
    }

    static func images(of view: ViewTable, in store: any ViewStore) throws -> [[UInt8]: Int] {
        var images: [[UInt8]: Int] = [:]
        try store.scan(view) { rows in
            for index in 0..<rows.count {
                guard rows.weight(at: index) == 1 else { throw ConformanceFailure("a scanned row has not weight 1") }
                images[Array(rows.row(at: index).bytes), default: 0] += 1
            }
        }
        return images
    }
}
