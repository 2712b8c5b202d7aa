import CPgQuery

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
/// a statement is capped, and every parse runs on a thread with a stack that is large enough for the worst statement of that length.
enum PostgresParser {
    /// Longest statement in bytes.
    static let lengthLimit = 64 << 10
    private static let stackBytes = 64 << 20

    /// What the grammar refused.
    struct Failure: Error {
        var message: String
        /// Index of the Unicode scalar, from 0; nil when the grammar names none.
        var scalarIndex: Int?
    }

    /// The statements' tree as JSON text.
    static func parse(_ sql: String) throws(Failure) -> [UInt8] {
        let job = Job(sql: sql)
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { throw Failure(message: "out of memory") }
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        // The job is retained for the thread and released by it; the join below orders its writes before our reads.
        let context = Unmanaged.passRetained(job)
        let status = pthread_create(&thread, &attributes, parseOnThread, context.toOpaque())
        guard status == 0 else {
            context.release()
            throw Failure(message: "could not start a thread to parse on (error \(status))")
        }
        #if canImport(Darwin)
            if let thread { pthread_join(thread, nil) }
        #else
            pthread_join(thread, nil)
        #endif
        if let failure = job.failure { throw failure }
        return job.tree
    }

    fileprivate final class Job {
        let sql: String
        var tree: [UInt8] = []
        var failure: Failure?

        init(sql: String) { self.sql = sql }

        func run() {
            let result = pg_query_parse(sql)
            defer { pg_query_free_parse_result(result) }
            if let error = result.error {
                let message = error.pointee.message.map { String(cString: $0) } ?? "syntax error"
                let position = Int(error.pointee.cursorpos)
                failure = Failure(message: message, scalarIndex: position > 0 ? position - 1 : nil)
            } else if let text = result.parse_tree {
                tree = Array(UnsafeBufferPointer(start: text, count: strlen(text)).lazy.map { UInt8(bitPattern: $0) })
            }
        }
    }
}

#if canImport(Darwin)
    private func parseOnThread(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<PostgresParser.Job>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }
#else
    private func parseOnThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let context { Unmanaged<PostgresParser.Job>.fromOpaque(context).takeRetainedValue().run() }
        return nil
    }
#endif
