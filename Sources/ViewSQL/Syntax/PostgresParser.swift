import CPgQuery
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Postgres's own grammar, through libpg_query.
///
/// The library recurses once for every term of a flat expression, without a limit of its own. Two bounds make that safe: the length of
/// a statement is capped, and parsing has a thread with a stack that is large enough for the worst statement of that length.
///
/// It is one thread for the life of the process, because the library takes a thread-specific key for every thread that parses and never
/// gives it back: a thread for each parse would use up the process's 1024 keys, and whatever needs one then (OpenSSL, for one) crashes.
final class PostgresParser: Sendable {
    /// Longest statement in bytes.
    static let lengthLimit = 64 << 10
    private static let stackBytes = 64 << 20
    private static let shared = PostgresParser()

    /// What the grammar refused.
    struct Failure: Error {
        var message: String
        /// Index of the Unicode scalar, from 0; nil when the grammar names none.
        var scalarIndex: Int?
    }

    private enum Exchange {
        case nothing
        case question(String)
        case answer(Result<[UInt8], Failure>)
    }

    /// Whether the thread runs; held by the caller whose turn it is.
    private let turn = Mutex(false)
    private let exchange = Mutex(Exchange.nothing)
    private let asked = DispatchSemaphore(value: 0)
    private let answered = DispatchSemaphore(value: 0)

    /// The statements' tree as JSON text. Callers take turns.
    static func parse(_ sql: String) throws(Failure) -> [UInt8] {
        try shared.turn.withLock { (isRunning) throws(Failure) in
            if !isRunning { try shared.startThread() }
            isRunning = true
            return try shared.ask(sql)
        }
    }

    private func ask(_ sql: String) throws(Failure) -> [UInt8] {
        exchange.withLock { $0 = .question(sql) }
        asked.signal()
        answered.wait()
        let answer = exchange.withLock { state in
            defer { state = .nothing }
            return state
        }
        guard case .answer(let result) = answer else { throw Failure(message: "the parser gave no answer") }
        return try result.get()
    }

    private func startThread() throws(Failure) {
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { throw Failure(message: "out of memory") }
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, Self.stackBytes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let status = pthread_create(&thread, &attributes, answerOnThread, nil)
        guard status == 0 else {
            throw Failure(message: "could not start a thread to parse on (error \(status))")
        }
    }

    fileprivate static func answerForever() -> Never {
        while true {
            shared.asked.wait()
            shared.exchange.withLock { state in
                if case .question(let sql) = state { state = .answer(parseHere(sql)) }
            }
            shared.answered.signal()
        }
    }

    private static func parseHere(_ sql: String) -> Result<[UInt8], Failure> {
        let result = pg_query_parse(sql)
        defer { pg_query_free_parse_result(result) }
        if let error = result.error {
            let message = error.pointee.message.map { String(cString: $0) } ?? "syntax error"
            let position = Int(error.pointee.cursorpos)
            return .failure(Failure(message: message, scalarIndex: position > 0 ? position - 1 : nil))
        }
        guard let text = result.parse_tree else { return .success([]) }
        let characters = UnsafeBufferPointer(start: text, count: strlen(text))
        return .success(Array(characters.lazy.map { UInt8(bitPattern: $0) }))
    }
}

#if canImport(Darwin)
    private func answerOnThread(_: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        PostgresParser.answerForever()
    }
#else
    private func answerOnThread(_: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        PostgresParser.answerForever()
    }
#endif
