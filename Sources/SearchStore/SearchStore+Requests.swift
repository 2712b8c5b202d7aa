import Foundation
import ViewStores

/// Requests, and what a server's refusals mean.
extension SearchStore {
    /// The oldest Elasticsearch with everything that is asked for here; every OpenSearch has it.
    private static let elasticsearchMinimum = [7, 10]

    /// Asks who the server is.
    ///
    /// - Throws: `unavailable` when it is neither OpenSearch nor Elasticsearch, or too old.
    func greet() throws(StoreError) {
        struct Greeting: Decodable {
            struct Version: Decodable {
                var number: String
                var distribution: String?
            }
            var version: Version
        }
        let answer = try answer("the store was opened", "GET", "/")
        guard answer.status == 200, let version = try? JSONDecoder().decode(Greeting.self, from: answer.body).version
        else {
            throw StoreError(
                .unavailable,
                "\(client.address.base) is neither OpenSearch nor Elasticsearch",
                detail: reason(answer),
                hint: "correct the store's URL in leftfold.yaml"
            )
        }
        if version.distribution == "opensearch" { return }
        let numbers = version.number.split(separator: ".").map { Int($0) ?? 0 }
        guard !numbers.lexicographicallyPrecedes(Self.elasticsearchMinimum) else {
            throw StoreError(
                .unavailable,
                "the server of the OpenSearch store is too old",
                detail: "Elasticsearch \(version.number); views need 7.10 or newer"
            )
        }
    }

    /// The answer to a request, of a status below 429 that is no question of who asks.
    ///
    /// - Throws: `unavailable`.
    func answer(
        _ action: String,
        _ method: String,
        _ path: String,
        _ body: Data? = nil
    ) throws(StoreError) -> HTTPClient.Answer {
        let answer = try exchange(action, method, path, body)
        try check(answer, action)
        return answer
    }

    /// The answer to a request, whatever it is.
    ///
    /// - Throws: `unavailable` when there is none.
    func exchange(
        _ action: String,
        _ method: String,
        _ path: String,
        _ body: Data? = nil,
        isBulk: Bool = false,
        once: Bool = false
    ) throws(StoreError) -> HTTPClient.Answer {
        do throws(StoreProblem) {
            return try client.send(method, path, body, lines: isBulk, once: once)
        } catch {
            throw StoreError(
                .unavailable,
                "the OpenSearch store did not answer while \(action)",
                detail: "\(client.address.base): \(error.message)",
                hint: "see that the server runs: curl \(client.address.base)"
            )
        }
    }

    /// - Throws: `unavailable` for an answer that may be another one later.
    func check(_ answer: HTTPClient.Answer, _ action: String) throws(StoreError) {
        if answer.status < 400 { return }
        let error = ServerError(answer)
        if error?.isBlock == true { throw blocked(action, error) }
        switch answer.status {
        case 401, 403: throw notAllowed(action, reason(answer))
        case 429, 500...: throw busy(action, reason(answer))
        default: return
        }
    }

    // MARK: Refusals

    /// A request that the server understood and refused.
    func refusal(_ answer: HTTPClient.Answer, _ action: String) -> StoreError {
        StoreError(.engine, "the OpenSearch store refused while \(action)", detail: reason(answer))
    }

    func busy(_ action: String, _ detail: String?) -> StoreError {
        StoreError(
            .unavailable,
            "the OpenSearch store is too busy, or not ready, while \(action)",
            detail: detail,
            hint: "it is tried again by itself; see how it is: curl \(client.address.base)/_cluster/health"
        )
    }

    /// A server blocks writes when its disk fills up, or when somebody told it to.
    func blocked(_ action: String, _ error: ServerError?) -> StoreError {
        StoreError(
            .unavailable,
            "the OpenSearch store blocks changes while \(action)",
            detail: error?.text,
            hint: "see that its disk has room: curl '\(client.address.base)/_cat/allocation?v'"
        )
    }

    func notAllowed(_ action: String, _ detail: String?) -> StoreError {
        StoreError(
            .unavailable,
            "the OpenSearch store does not let this user in while \(action)",
            detail: detail,
            hint: "write user and password into the URL, and let the user manage indexes \(names.prefix)-*"
        )
    }

    func reason(_ answer: HTTPClient.Answer) -> String {
        "status \(answer.status)" + (ServerError(answer).map { ", \($0.text)" } ?? "")
    }
}

/// Why a server refuses.
struct ServerError: Decodable {
    var type: String
    var reason: String?

    init?(_ answer: HTTPClient.Answer) {
        struct Refused: Decodable { var error: ServerError }
        guard let refused = try? JSONDecoder().decode(Refused.self, from: answer.body) else { return nil }
        self = refused.error
    }

    var isBlock: Bool { type == "cluster_block_exception" }

    /// Type and reason, without the value that some reasons quote.
    var text: String {
        guard let reason, !reason.isEmpty else { return type }
        let plain = reason.range(of: "Preview of field's value").map { String(reason[..<$0.lowerBound]) } ?? reason
        return "\(type): \(plain.prefix(300))".trimmingCharacters(in: .whitespaces)
    }
}
