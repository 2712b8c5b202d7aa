import Foundation
import Relational
import ViewStores

/// The store's own document.
extension SearchStore {
    private static let document = "state"

    private struct HeldDocument: Decodable {
        var _seq_no: Int64
        var _primary_term: Int64
        var _source: SearchState
    }

    private struct Written: Decodable {
        var _seq_no: Int64
        var _primary_term: Int64
    }

    /// The store's own document; nil when there is none.
    ///
    /// - Throws: `foreign` for what another version of Leftfold, or somebody else, wrote there.
    func read() throws(StoreError) -> Held? {
        let answer = try answer("progress was read", "GET", "/\(names.progress)/_doc/\(Self.document)")
        if answer.status == 404 { return nil }
        guard answer.status == 200 else { throw refusal(answer, "progress was read") }
        guard let found = try? JSONDecoder().decode(HeldDocument.self, from: answer.body),
            found._source.format == SearchState.format, found._source.hasRoom
        else {
            throw StoreError(
                .foreign,
                "\(names.progress) was not written by this version of Leftfold",
                hint: "install the version that wrote it, or give the store another prefix in leftfold.yaml"
            )
        }
        return Held(state: found._source, sequenceNumber: found._seq_no, primaryTerm: found._primary_term)
    }

    /// The store's own document, which must be this owner's.
    func readOwned() throws(StoreError) -> Held {
        guard let owner else { throw .notClaimed(location) }
        let found = try read()
        if let token = found?.state.token, token > owner.token { throw fenced(token, owner) }
        noteStrayed(found?.state)
        guard let held = found, held.state.token == owner.token else { return try returnToOlder(found, owner) }
        return held
    }

    /// Notes which views are not as this owner left them, if the document is another one: the server went back.
    private func noteStrayed(_ found: SearchState?) {
        guard let known = left, found?.stamp != known.stamp else { return }
        if found == nil || found?.stamp != sentStamp {
            for view in known.views.keys where found?.views[view] != known.views[view] { strayed.insert(view) }
        }
        left = found ?? SearchState()
    }

    /// Puts a document in the place of the one that was read.
    ///
    /// - Throws: `foreign` when a later owner was faster, `unavailable` when somebody else was.
    func replace(_ held: Held, with state: SearchState) throws(StoreError) -> Held {
        guard let written = try put(state, over: held) else {
            let now = try read()
            if let owner, let now, now.state.token > owner.token { throw fenced(now.state.token, owner) }
            throw StoreError(
                .unavailable,
                "\(names.progress) was changed by somebody else meanwhile",
                hint: "the store is tried again by itself"
            )
        }
        return written
    }

    /// As `replace`; nil when another document is there.
    func put(_ given: SearchState, over held: Held) throws(StoreError) -> Held? {
        var state = given
        state.stamp = UUID().uuidString
        let condition =
            held.primaryTerm == 0
            ? "op_type=create" : "if_seq_no=\(held.sequenceNumber)&if_primary_term=\(held.primaryTerm)"
        let body = try? JSONEncoder().encode(state)
        let action = "progress was written"
        sentStamp = state.stamp
        let answer = try answer(action, "PUT", "/\(names.progress)/_doc/\(Self.document)?\(condition)", body)
        if answer.status == 409 {
            // The client's library may have sent it twice.
            guard let now = try read(), now.state.stamp == state.stamp else { return nil }
            left = now.state
            return now
        }
        guard answer.status < 300, let written = try? JSONDecoder().decode(Written.self, from: answer.body) else {
            throw refusal(answer, action)
        }
        left = state
        return Held(state: state, sequenceNumber: written._seq_no, primaryTerm: written._primary_term)
    }

    func fenced(_ token: Int64, _ owner: Owner) -> StoreError {
        .fenced(location, by: token, after: owner.token, hint: "another prefix")
    }
}
