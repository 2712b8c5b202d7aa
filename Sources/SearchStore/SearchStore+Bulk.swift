import Foundation
import ViewStores

/// Rows on their way: bulk requests, and what a server says of each item.
extension SearchStore {
    /// Sends one bulk request and looks at every item of its answer.
    ///
    /// Items that a busy server rejects are sent again after pauses; a request that is too large is sent in halves.
    ///
    /// - Throws: `unsupported` for a document that the server refuses, naming it and its view; `unavailable` when the same can be tried
    ///   later.
    func send(_ request: BulkRequest, _ views: [String: String], once: Bool = false) throws(StoreError) {
        var waiting = [request]
        var pauses = options.pauses[...]
        while let next = waiting.popLast() {
            let rejected: BulkRequest
            switch try post(next, views, once) {
            case .done: continue
            case .tooLarge:
                waiting += try halves(of: next, views)
                continue
            case .rejected(let items): rejected = items
            }
            guard let pause = pauses.popFirst() else { throw busy("rows were written", nil) }
            Thread.sleep(forTimeInterval: pause / .seconds(1))
            waiting.append(rejected)
        }
    }

    private enum Outcome {
        case done
        /// What is to be sent again: items that the server had no room for.
        case rejected(BulkRequest)
        case tooLarge
    }

    private func post(
        _ request: BulkRequest,
        _ views: [String: String],
        _ once: Bool
    ) throws(StoreError) -> Outcome {
        let action = "rows were written"
        // Without an alias a server would make an index of its own in the place of one that is gone.
        let answer = try exchange(
            action,
            "POST",
            "/_bulk?require_alias=true",
            request.body,
            isBulk: true,
            once: once
        )
        switch answer.status {
        case 413: return .tooLarge
        case 429: return .rejected(request)
        default: try check(answer, action)
        }
        guard let summary = try? JSONDecoder().decode(BulkSummary.self, from: answer.body) else {
            throw refusal(answer, action)
        }
        guard summary.errors else { return .done }
        guard let result = try? JSONDecoder().decode(BulkResult.self, from: answer.body),
            result.items.count == request.ends.count
        else { throw refusal(answer, action) }
        var rejected: [Int] = []
        for (place, item) in result.items.enumerated() {
            for (action, outcome) in item where try !isTaken(action, outcome, views) { rejected.append(place) }
        }
        return rejected.isEmpty ? .done : .rejected(request.items(rejected))
    }

    /// Both halves of a request, the second first.
    private func halves(of request: BulkRequest, _ views: [String: String]) throws(StoreError) -> [BulkRequest] {
        let count = request.ends.count
        if count > 1 { return [request.items(count / 2..<count), request.items(0..<count / 2)] }
        struct Meta: Decodable {
            var _index: String
            var _id: String
        }
        let line = request.body.prefix { $0 != UInt8(ascii: "\n") }
        let meta = try? JSONDecoder().decode([String: Meta].self, from: Data(line)).values.first
        throw refused(
            "is too large",
            meta?._id ?? "",
            of: views.first { IndexNames.rows($0.value) == meta?._index }?.key,
            detail: "\(request.body.count) bytes",
            hint: "raise http.max_content_length on the server, or leave the value out of the view's SQL"
        )
    }

    /// Whether an item was carried out; false when it is to be sent again.
    private func isTaken(
        _ action: String,
        _ outcome: BulkResult.Outcome,
        _ views: [String: String]
    ) throws(StoreError) -> Bool {
        let view = views.first { $0.value == outcome._index || IndexNames.rows($0.value) == outcome._index }?.key
        switch outcome.status {
        case 200..<300: return true
        // A delete of what is not there, a document that a later request has written.
        case 404 where action == "delete" && outcome.error == nil: return true
        case 409 where action != "create": return true
        case 409:
            throw .inconsistent(view ?? "", "several rows have one key", detail: "document \(outcome._id)")
        case _ where outcome.error?.isBlock == true: throw blocked("rows were written", outcome.error)
        case 401, 403: throw notAllowed("rows were written", outcome.error?.text)
        case 404 where outcome.error?.type == "index_not_found_exception":
            var error = StoreError.inconsistent(view ?? "", "somebody has removed its index", detail: outcome._index)
            error.view = view
            throw error
        case 429: return false
        case 500...: throw busy("rows were written", outcome.error?.text)
        default:
            throw refused(
                "was refused by the server: \(outcome.error?.text ?? "status \(outcome.status)")",
                outcome._id,
                of: view,
                hint: "leave the value out of the view's SQL, then: leftfold rebuild \(view ?? "")"
            )
        }
    }

    /// A document that this server will never take: its view stops.
    private func refused(
        _ why: String,
        _ document: String,
        of view: String?,
        detail: String? = nil,
        hint: String
    ) -> StoreError {
        var error = StoreError(
            .unsupported,
            "view \"\(view ?? "")\": document \"\(document)\" \(why)",
            detail: detail,
            hint: hint
        )
        error.view = view
        return error
    }
}

/// The answer to a bulk request, in short.
private struct BulkSummary: Decodable {
    var errors: Bool
}

/// The answer to a bulk request.
private struct BulkResult: Decodable {
    struct Outcome: Decodable {
        var _index: String
        var _id: String
        var status: Int
        var error: ServerError?
    }

    var items: [[String: Outcome]]
}
