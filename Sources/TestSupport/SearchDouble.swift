import Foundation

/// A stand-in for an OpenSearch server on a loopback port: the part of its public API that a store of views uses, in memory.
///
/// Documents have internal and external versions, deletes included; a search sees what was there at the last refresh; a scroll reads
/// the moment it was opened.
public final class SearchDouble: Sendable {
    /// What happens to a request.
    public enum Fault: Sendable {
        /// It is answered with this status and does nothing.
        case status(Int, type: String = "circuit_breaking_exception")
        /// The connection ends before it does anything.
        case dropBefore
        /// The connection ends after it was carried out.
        case dropAfter
        /// A bulk request carries out so many items; the others are answered with 429.
        case items(Int)
    }

    let contents: SearchDoubleContents
    private let listener: LoopbackListener

    /// Starts to listen.
    public convenience init() throws { try self.init(SearchDoubleContents()) }

    private init(_ contents: SearchDoubleContents) throws {
        self.contents = contents
        listener = try LoopbackListener { request in contents.answer(request) }
    }

    deinit { listener.stop() }

    /// Where it is; user and password are `leftfold` and `secret`.
    public var url: String { "http://leftfold:secret@127.0.0.1:\(listener.port)" }

    /// Where it is, without who asks.
    public var urlWithoutUser: String { "http://127.0.0.1:\(listener.port)" }

    /// A server of its own with what is here now.
    public func copy() throws -> SearchDouble { try SearchDouble(contents.copy()) }

    /// The next request whose method and path begin so meets a fault, or one that comes after others of that kind.
    public func fail(_ beginning: String = "", after passes: Int = 0, _ fault: Fault) {
        contents.fail(beginning, after: passes, fault)
    }

    /// How many faults no request has met yet.
    public var faultCount: Int { contents.faultCount }

    /// Forgets the faults that no request has met.
    public func removeFaults() { contents.removeFaults() }

    /// Goes back to what a copy has, as a server restored from a snapshot does; to nothing without one.
    public func restore(_ copy: SearchDouble?) { contents.restore(copy?.contents ?? SearchDoubleContents()) }

    /// From now on a request with a larger body is answered with 413.
    public func limit(byteCount: Int) { contents.change { $0.byteMax = byteCount } }

    /// Takes refused documents again.
    public func refuseNothing() { contents.change { $0.refused.removeAll() } }

    /// Says that it is another server: `distribution` and `number`.
    public func claimToBe(_ version: [String: String]) { contents.change { $0.version = version } }

    /// Documents with such a name are refused from now on, as a field that cannot be parsed is.
    public func refuse(id: String) { contents.refuse(id) }

    /// Makes an index, as another program would.
    public func makeIndex(_ name: String) { contents.makeIndex(name) }

    /// All indexes, and aliases as `alias -> index`.
    public var names: [String] { contents.names }

    /// Documents of an index or alias by name, as JSON.
    public func documents(of name: String) -> [String: String] { contents.documents(of: name) }

    /// How many requests with such a beginning of method and path came.
    public func requestCount(_ beginning: String) -> Int { contents.requestCount(beginning) }

    /// The body with which an index was made.
    public func mapping(of name: String) -> String { contents.mapping(of: name) }
}

extension SearchDouble {
    /// Carries out a request as if it came over the network; returns the answer's body.
    public func send(_ method: String, _ target: String, _ body: String) throws -> String {
        let answer = contents.answer(
            LoopbackListener.Request(
                method: method,
                target: target,
                authorization: "Basic bGVmdGZvbGQ6c2VjcmV0",
                body: Data(body.utf8)
            )
        )
        return String(decoding: answer.body, as: UTF8.self)
    }
}
