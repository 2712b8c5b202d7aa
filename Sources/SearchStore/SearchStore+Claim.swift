import Foundation
import Relational
public import ViewStores

extension SearchStore {
    private static let attempts = 16

    /// Takes the next fencing token and removes what was not committed. Views whose last epoch was written in part have
    /// `unknownOffset` from then on.
    public func claim(logID: String, foreign rows: ForeignRows) throws(StoreError) -> Int64 {
        rollback()
        owner = nil
        generations.removeAll()
        writers.removeAll()
        strayed.removeAll()
        left = nil
        for _ in 0..<Self.attempts {
            guard let token = try take(logID: logID, rows) else { continue }
            return token
        }
        throw StoreError(
            .foreign,
            "\(location) is claimed by others again and again",
            hint: "stop the other processes"
        )
    }

    /// One attempt; nil when somebody else was faster.
    private func take(logID: String, _ rows: ForeignRows) throws(StoreError) -> Int64? {
        let found = try read()
        if found == nil { try makeProgressIndex() }
        var held = found ?? Held(state: SearchState(), sequenceNumber: 0, primaryTerm: 0)
        var state = held.state
        let progress = state.views.map { $0.value.progress(of: $0.key) }.sorted { $0.view < $1.view }
        try StoreProgress.checkLog(of: progress, logID, foreign: rows, in: location)
        let foreign = progress.filter { $0.logID != logID }.map(\.view)
        for view in foreign {
            if rows == .rebuild, let dropped = state.views.removeValue(forKey: view) {
                state.loose.append(dropped.index)
            }
            state.views[view]?.log = logID
            state.views[view]?.forgetOffset()
        }
        for (view, entry) in state.views where entry.writing != nil { state.views[view]?.forgetOffset() }
        for (view, entry) in state.views where try !isThere(IndexNames.rows(entry.index)) {
            // Somebody has removed its index: the view is built again.
            state.views[view] = nil
            state.loose.append(entry.index)
        }
        state.token += 1
        state.sequence += 1
        state.log = logID
        guard let taken = try put(state, over: held) else { return nil }
        held = taken
        owner = Owner(logID: logID, token: state.token)
        do throws(StoreError) {
            try tidy(held.state)
            untidy = nil
        } catch {
            owner = nil
            throw error
        }
        return state.token
    }

    /// The server came back with less than it had: emptied, or restored from a snapshot. Nobody else owns it, so this owner takes it
    /// again; views whose rows went back wait for being built anew.
    func returnToOlder(_ found: Held?, _ owner: Owner) throws(StoreError) -> Held {
        if found == nil { try makeProgressIndex() }
        let held = found ?? Held(state: SearchState(), sequenceNumber: 0, primaryTerm: 0)
        generations.removeAll()
        var state = held.state
        state.token = owner.token
        state.log = owner.logID
        // Epochs that were written in part are nobody's.
        for (view, entry) in state.views where entry.writing != nil { state.views[view]?.forgetOffset() }
        return try replace(held, with: state)
    }

    private func isThere(_ alias: String) throws(StoreError) -> Bool { try !holders(of: alias).isEmpty }

    private func makeProgressIndex() throws(StoreError) {
        let answer = try answer("the store was claimed", "PUT", "/\(names.progress)", IndexMapping.progressBody)
        if answer.status < 300 { return }
        guard try isOurs(names.progress) else {
            throw StoreError(
                .foreign,
                "\(names.progress) was not made by Leftfold",
                detail: reason(answer),
                hint: "give the store another prefix in leftfold.yaml"
            )
        }
    }

    /// Whether an index has Leftfold's mark.
    func isOurs(_ index: String) throws(StoreError) -> Bool {
        let answer = try answer("an index was looked up", "GET", "/\(index)/_mapping")
        guard answer.status == 200,
            let found = try? JSONSerialization.jsonObject(with: answer.body) as? [String: [String: [String: Any]]]
        else { return false }
        return found.values.allSatisfy { ($0["mappings"]?["_meta"] as? [String: Any])?["leftfold"] != nil }
    }
}
