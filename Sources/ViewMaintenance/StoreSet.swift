import Dataflow
import Relational
public import ViewStores

/// The stores of one installation, each with its own transaction an epoch. Owned by the fold's thread.
final class StoreSet {
    /// One store and what is known of it.
    final class Member {
        let store: any ViewStore
        let kind: String
        let location: String
        let fencingToken: Int64
        /// Epochs that end at or below this offset were committed here.
        var committedThrough = Offset.zero
        var error: String?

        init(store: any ViewStore, kind: String, location: String, fencingToken: Int64) {
            self.store = store
            self.kind = kind
            self.location = location
            self.fencingToken = fencingToken
        }
    }

    /// One view in one store.
    struct Holding {
        var store: String
        var progress: StoreProgress
    }

    let members: [String: Member]
    private let logID: String

    /// Claims every store for this log.
    ///
    /// - Throws: `StoreError.foreign` when rows of another log are there.
    init(_ stores: [String: NamedStore], logID: String) throws(StoreError) {
        self.logID = logID
        var members: [String: Member] = [:]
        for (name, named) in stores {
            let token = try named.store.claim(logID: logID)
            members[name] = Member(
                store: named.store,
                kind: named.kind,
                location: named.location,
                fencingToken: token
            )
        }
        self.members = members
    }

    func contains(_ name: String) -> Bool { members[name] != nil }

    /// What the stores hold of this log, by store and view.
    func holdings() throws(StoreError) -> [Holding] {
        var all: [Holding] = []
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            for progress in try member.store.progress() where progress.logID == logID {
                all.append(Holding(store: name, progress: progress))
            }
        }
        return all
    }

    /// How the stores stand, for status.
    var status: [String: Status.Store] {
        members.mapValues { member in
            Status.Store(
                kind: member.kind,
                location: member.location,
                state: member.error == nil ? "open" : "error",
                error: member.error
            )
        }
    }

    // MARK: Epochs

    /// Commit point 2: the deltas of an epoch and the progress of their views, one transaction in each store.
    ///
    /// A store without deltas is not touched. A store that has this epoch already (another one failed before) is passed over.
    ///
    /// - Throws: `StoreFailure` naming the store and the views at fault; that store's transaction is rolled back.
    func deliver(_ epoch: Epoch, of engine: FoldEngine) throws(StoreFailure) {
        guard epoch.isStepped, !epoch.isChunk else { return }
        let waiting = members.filter { $0.value.committedThrough < epoch.end.offset }
        for (name, member) in waiting.sorted(by: { $0.key < $1.key }) {
            do {
                try deliver(epoch, of: engine, to: name, member)
                member.committedThrough = epoch.end.offset
                member.error = nil
            } catch {
                member.store.rollback()
                member.error = error.error.message
                throw error
            }
        }
    }

    private func deliver(
        _ epoch: Epoch,
        of engine: FoldEngine,
        to name: String,
        _ member: Member
    ) throws(StoreFailure) {
        let store = member.store
        var touched: [StoreProgress] = []
        for view in engine.views where view.store == name && view.stop == nil {
            guard let through = view.attachedThrough, epoch.end.offset > through else { continue }
            do {
                guard epoch.start.offset >= through else {
                    throw StoreError(
                        .inconsistent,
                        "view \"\(view.name)\": its rows end at offset \(through), inside a source commit",
                        hint: "leftfold rebuild \(view.name)"
                    )
                }
                try engine.circuit.withDelta(of: view.name) { delta in
                    guard !delta.isEmpty else { return }
                    if touched.isEmpty { try store.begin() }
                    touched.append(progress(of: view, at: epoch.end, member))
                    try store.apply(delta, to: view.table)
                }
            } catch {
                throw StoreFailure(store: name, views: [view.name], error)
            }
        }
        guard !touched.isEmpty else { return }
        do {
            try store.commit(touched)
        } catch {
            throw StoreFailure(store: name, views: contradicting(touched, in: store), error)
        }
    }

    /// The views whose entries in the store do not let this progress follow; all of them when none stands out.
    private func contradicting(_ steps: [StoreProgress], in store: any ViewStore) -> [String] {
        guard let held = try? store.progress() else { return steps.map(\.view) }
        let odd = steps.filter { step in
            guard let entry = held.first(where: { $0.view == step.view }) else { return true }
            return entry.version != step.version || entry.logID != step.logID || entry.offset >= step.offset
        }
        return (odd.isEmpty ? steps : odd).map(\.view)
    }

    /// Moves the progress of a store's attached views to the frontier, durably, and returns what the least of them is then.
    ///
    /// Call it between epochs: every store has all that the engine has sealed.
    func noteProgress(of engine: FoldEngine, in name: String) throws(StoreFailure) -> Offset {
        let member = try member(name)
        let following = engine.views.filter { $0.store == name && $0.isFollowing }
        do {
            var held: [String: Offset] = [:]
            for progress in try member.store.progress() { held[progress.view] = progress.offset }
            let behind = following.filter { (held[$0.name] ?? .zero) < engine.frontier.offset }
            try member.store.noteProgress(behind.map { progress(of: $0, at: engine.frontier, member) })
            member.error = nil
            return following.map { max(held[$0.name] ?? .zero, engine.frontier.offset) }.min() ?? engine.frontier.offset
        } catch {
            throw failed(name, [], error)
        }
    }

    // MARK: Generations

    /// Writes the rows that the engine holds for a view into a generation that no reader sees.
    func stage(_ view: FoldedView, of engine: FoldEngine) throws(StoreFailure) {
        let store = try member(view.store).store
        do {
            try store.beginGeneration(of: view.table)
            try engine.circuit.forEachRow(of: view.name) { (rows) in try store.append(rows, to: view.table) }
        } catch {
            store.rollback()
            throw failed(view.store, [view.name], error)
        }
    }

    /// Puts staged views in the place of what readers see and removes others, all in one transaction of the store.
    func publish(
        _ views: [FoldedView],
        dropping dropped: [String],
        in name: String,
        at frontier: Frontier
    ) throws(StoreFailure) {
        let member = try member(name)
        let store = member.store
        var current: [String] = []
        do {
            try store.begin()
            for view in views {
                current = [view.name]
                try store.publish(view.table)
            }
            for view in dropped {
                current = [view]
                try store.drop(view: view)
            }
            current = views.map(\.name)
            try store.commit(views.map { progress(of: $0, at: frontier, member) })
            member.error = nil
        } catch {
            store.rollback()
            throw failed(name, current, error)
        }
    }

    private func member(_ name: String) throws(StoreFailure) -> Member {
        if let member = members[name] { return member }
        throw StoreFailure(store: name, views: [], StoreError(.unavailable, "store \(name) is not open"))
    }

    private func failed(_ store: String, _ views: [String], _ error: any Error) -> StoreFailure {
        let failure = StoreFailure(store: store, views: views, error)
        if failure.isTransient { members[store]?.error = failure.error.message }
        return failure
    }

    private func progress(of view: FoldedView, at frontier: Frontier, _ member: Member) -> StoreProgress {
        StoreProgress(
            logID: logID,
            view: view.name,
            version: view.table.version,
            offset: frontier.offset,
            position: frontier.position,
            fencingToken: member.fencingToken
        )
    }
}

/// A store as configuration names it.
public struct NamedStore {
    public var store: any ViewStore
    public var kind: String
    public var location: String

    public init(store: any ViewStore, kind: String, location: String) {
        self.store = store
        self.kind = kind
        self.location = location
    }
}

/// A store's refusal, with the views it concerned.
struct StoreFailure: Error {
    var store: String
    var views: [String]
    var error: StoreError

    init(store: String, views: [String], _ error: any Error) {
        self.store = store
        self.views = views
        self.error = error as? StoreError ?? StoreError(.engine, "\(error)")
    }

    /// Whether the same call may succeed later: the store cannot be reached, its disk is full.
    var isTransient: Bool { error.code == .unavailable || error.code == .engine }
}
