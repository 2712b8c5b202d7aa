import Foundation
import Relational
import ViewStores

/// The steps of a commit.
extension SearchStore {
    func write(_ transaction: Transaction, _ progress: [StoreProgress]) throws(StoreError) {
        var held = transaction.held
        let requests = transaction.bulk.finish()
        if !requests.isEmpty {
            var begun = held.state
            begun.sequence = transaction.state.sequence
            for step in progress where transaction.applied[step.view] != nil {
                // The rows of an unpublished generation are nobody's yet.
                if !transaction.published.contains(step.view) {
                    begun.views[step.view]?.writing = step.offset.rawValue
                }
            }
            held = try replace(held, with: begun)
            // A generation with rows of a transaction that fails must not be published later; one that succeeds is done with.
            defer {
                for view in transaction.published where transaction.applied[view] != nil { generations[view] = nil }
            }
            for request in requests { try send(request, transaction.applied) }
        }
        // Commit point 2: the views' progress names the rows that are there.
        _ = try replace(held, with: transaction.state)
    }

    /// Indexes that no view has, nor this owner still fills.
    func surplus(_ state: SearchState) -> [String] {
        let filling = Set(generations.values.map(\.index))
        return state.loose.filter { !filling.contains($0) }
    }

    /// What fails is left to the next commit or claim: this one has taken place.
    func tidyIfPossible(_ state: SearchState) {
        do throws(StoreError) {
            try tidy(state)
            untidy = nil
        } catch {
            untidy = error
        }
    }

    /// Points the aliases at what is published, and removes indexes that no view has.
    func tidy(_ state: SearchState) throws(StoreError) {
        let surplus = surplus(state)
        var problem: StoreError?
        for (view, entry) in state.views.sorted(by: { $0.key < $1.key }) {
            do throws(StoreError) {
                try point(names.alias(view), to: entry.index, leaving: state.loose)
            } catch {
                problem = problem ?? error
            }
        }
        if let problem { throw problem }
        guard !surplus.isEmpty else { return }
        for index in surplus { try delete(index) }
        var held = try readOwned()
        held.state.loose.removeAll { surplus.contains($0) }
        _ = try replace(held, with: held.state)
    }

    /// Shows readers of an alias another index, in one step.
    private func point(_ alias: String, to index: String, leaving loose: [String]) throws(StoreError) {
        let holders = try holders(of: alias)
        if holders == [index] { return }
        var actions = [["add": ["index": index, "alias": alias]]]
        for holder in holders where holder != index && loose.contains(holder) {
            actions.append(["remove": ["index": holder, "alias": alias]])
        }
        let action = "readers were shown new rows"
        let answer = try answer(action, "POST", "/_aliases", try? JSONEncoder().encode(["actions": actions]))
        guard answer.status < 300 else { throw refusal(answer, action) }
    }

    /// The indexes that an alias stands for.
    func holders(of alias: String) throws(StoreError) -> [String] {
        indexes(try answer("an alias was looked up", "GET", "/_alias/\(alias)"))
    }

    /// The indexes that an answer tells of.
    func indexes(_ answer: HTTPClient.Answer) -> [String] {
        guard answer.status == 200,
            let found = try? JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
        else { return [] }
        return found.keys.sorted()
    }

    func delete(_ index: String) throws(StoreError) {
        let answer = try answer("an index was removed", "DELETE", "/\(index)")
        guard answer.status < 300 || answer.status == 404 else { throw refusal(answer, "an index was removed") }
    }
}
