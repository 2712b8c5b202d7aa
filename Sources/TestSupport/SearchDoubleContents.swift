import Foundation
import Synchronization

/// What the double holds, behind a lock.
final class SearchDoubleContents: Sendable {
    struct Document {
        var version: Int64
        var number: Int64
        /// Nil for a deleted document, whose version is still known.
        var source: Data?
    }

    struct Index {
        var body = Data("{}".utf8)
        /// By the bytes of their names: two strings can be equal and have other bytes.
        var documents: [[UInt8]: Document] = [:]
        /// What a search sees: the documents as of the last refresh.
        var visible: [[UInt8]: Data] = [:]
        var lastNumber: Int64 = -1

        /// Puts a document in place, nil for a deleted one; returns its sequence number.
        @discardableResult
        mutating func put(_ id: String, _ version: Int64, _ source: Data?) -> Int64 {
            lastNumber += 1
            documents[Array(id.utf8)] = Document(version: version, number: lastNumber, source: source)
            return lastNumber
        }

        subscript(id: String) -> Document? {
            get { documents[Array(id.utf8)] }
            set { documents[Array(id.utf8)] = newValue }
        }

        mutating func refresh() { visible = documents.compactMapValues(\.source) }
    }

    struct State {
        var indexes: [String: Index] = [:]
        var aliases: [String: Set<String>] = [:]
        var scrolls: [String: [(String, Data)]] = [:]
        var scrollSizes: [String: Int] = [:]
        var lastScroll = 0
        var faults: [(beginning: String, passes: Int, fault: SearchDouble.Fault)] = []
        /// What a request's body may have at most.
        var byteMax = Int.max
        var version: [String: String] = ["distribution": "opensearch", "number": "2.19.0"]
        var refused: Set<String> = []
        var requests: [String] = []

        /// The fault that this request meets; the others come one request nearer.
        mutating func takeFault(_ line: String) -> SearchDouble.Fault? {
            guard let place = faults.firstIndex(where: { line.hasPrefix($0.beginning) }) else { return nil }
            guard faults[place].passes == 0 else {
                faults[place].passes -= 1
                return nil
            }
            return faults.remove(at: place).fault
        }

        /// The index of a name or alias.
        func resolve(_ name: String) -> String? {
            if indexes[name] != nil { return name }
            return aliases[name]?.first
        }
    }

    private let state: Mutex<State>

    init(_ state: sending State = State()) { self.state = Mutex(state) }

    func copy() -> SearchDoubleContents {
        let held = state.withLock { ($0.indexes, $0.aliases) }
        var copy = State()
        (copy.indexes, copy.aliases) = held
        return SearchDoubleContents(copy)
    }

    /// Goes back to what another one has.
    func restore(_ other: SearchDoubleContents) {
        let held = other.state.withLock { ($0.indexes, $0.aliases) }
        state.withLock { ($0.indexes, $0.aliases) = held }
    }

    func fail(_ beginning: String, after passes: Int, _ fault: SearchDouble.Fault) {
        state.withLock { $0.faults.append((beginning, passes, fault)) }
    }

    /// Changes something beside the API.
    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    /// How many faults no request has met yet.
    var faultCount: Int { state.withLock { $0.faults.count } }

    func removeFaults() { state.withLock { $0.faults.removeAll() } }

    func refuse(_ id: String) { state.withLock { _ = $0.refused.insert(id) } }

    func makeIndex(_ name: String) { state.withLock { $0.indexes[name] = Index() } }

    var names: [String] {
        state.withLock { state in
            state.indexes.keys.sorted()
                + state.aliases.sorted { $0.key < $1.key }.flatMap { alias in
                    alias.value.sorted().map { "\(alias.key) -> \($0)" }
                }
        }
    }

    func documents(of name: String) -> [String: String] {
        state.withLock { state in
            let index = state.resolve(name).flatMap { state.indexes[$0] }
            let named = (index?.documents ?? [:]).map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
            return Dictionary(named) { first, _ in first }.compactMapValues { document in
                document.source.map { String(decoding: $0, as: UTF8.self) }
            }
        }
    }

    func mapping(of name: String) -> String {
        state.withLock { state in
            String(decoding: state.resolve(name).flatMap { state.indexes[$0]?.body } ?? Data(), as: UTF8.self)
        }
    }

    func requestCount(_ beginning: String) -> Int {
        state.withLock { state in state.requests.count { $0.hasPrefix(beginning) } }
    }

    func answer(_ request: LoopbackListener.Request) -> LoopbackListener.Answer {
        state.withLock { state in
            let line = "\(request.method) \(request.target)"
            state.requests.append(line)
            guard request.authorization == "Basic bGVmdGZvbGQ6c2VjcmV0" else {
                return Self.error(401, "security_exception", "missing authentication credentials")
            }
            guard request.body.count <= state.byteMax else {
                return LoopbackListener.Answer(status: 413, body: Data())
            }
            guard let fault = state.takeFault(line) else { return state.carryOut(request, itemLimit: nil) }
            switch fault {
            case .status(let status, let type): return Self.error(status, type, "too much at once")
            case .dropBefore: return LoopbackListener.Answer(status: 0, body: Data(), isDropped: true)
            case .dropAfter:
                _ = state.carryOut(request, itemLimit: nil)
                return LoopbackListener.Answer(status: 0, body: Data(), isDropped: true)
            case .items(let count): return state.carryOut(request, itemLimit: count)
            }
        }
    }

    static func error(_ status: Int, _ type: String, _ reason: String) -> LoopbackListener.Answer {
        json(status, ["error": ["type": type, "reason": reason], "status": status] as [String: Any])
    }

    static func json(_ status: Int, _ value: Any) -> LoopbackListener.Answer {
        let body = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes])
        return LoopbackListener.Answer(status: status, body: body ?? Data())
    }
}
