import CHiredis
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Relational

/// One connection to a server, owned by one thread; calls block.
///
/// Commands are written to the socket here and answers are read by hiredis: its own writing would end the process by SIGPIPE when
/// the server goes away, and copies every command once more.
final class RedisConnection {
    private static let connectSeconds = 5
    /// How long the server may take to answer or to read.
    private static let answerSeconds = 60

    let address: RedisAddress
    /// Commands that were sent and whose answers were not read yet.
    private(set) var owedCount = 0
    // Unsafe: hiredis's own objects, freed by `close` and by the answer that comes next.
    private var context: UnsafeMutablePointer<redisContext>?
    /// The answer read last.
    private var last: UnsafeMutableRawPointer?
    /// The server's version, for example 7.2.4 is 70204; 0 when it does not tell.
    private(set) var version = 0
    private(set) var information: [String: String] = [:]

    /// Connects, authenticates and selects the database.
    init(_ address: RedisAddress) throws(RedisError) {
        self.address = address
        let timeout = timeval(tv_sec: Self.connectSeconds, tv_usec: 0)
        switch address.place {
        case .tcp(let host, let port): context = redisConnectWithTimeout(host, port, timeout)
        case .unix(let path): context = redisConnectUnixWithTimeout(path, timeout)
        }
        guard let context, context.pointee.err == 0 else { throw cannotConnect() }
        redisSetTimeout(context, timeval(tv_sec: Self.answerSeconds, tv_usec: 0))
        if case .tcp = address.place { redisEnableKeepAlive(context) }
        try authenticate()
        _ = try? call("CLIENT", "SETNAME", "leftfold")
        if address.database != 0 { _ = try call("SELECT", String(address.database)) }
        readInformation()
        // Asked for at last: a server that wants a password answers everything else before it with NOAUTH.
        _ = try call("PING")
    }

    deinit { close() }

    var isOpen: Bool { context != nil }

    func close() {
        if let context { redisFree(context) }
        context = nil
        owedCount = 0
        freeLast()
    }

    /// Writes commands; their answers are to be read one by one.
    func send(_ commands: borrowing CommandBuffer) throws(RedisError) {
        guard let context else {
            throw RedisError(.connectionLost, "the connection to \(address.description) is closed")
        }
        #if canImport(Glibc)
            let flags = Int32(MSG_NOSIGNAL)
        #else
            let flags: Int32 = 0
        #endif
        var rest = commands.slab.bytes
        while rest.count > 0 {
            let sent = Self.write(Int32(context.pointee.fd), rest, flags)
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else { throw lost(String(cString: strerror(errno))) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(sent))
        }
        owedCount += commands.commandCount
    }

    private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ flags: Int32) -> Int {
        #if canImport(Glibc)
            Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags)
        #else
            Darwin.send(descriptor, bytes.baseAddress, bytes.count, flags)
        #endif
    }

    private func freeLast() {
        if let last { freeReplyObject(last) }
        last = nil
    }

    /// The next answer, valid until the one after it is read; an error of the server is an answer too.
    func reply() throws(RedisError) -> RedisValue {
        guard let context else {
            throw RedisError(.connectionLost, "the connection to \(address.description) is closed")
        }
        var reply: UnsafeMutableRawPointer?
        guard redisGetReply(context, &reply) == REDIS_OK, let reply else {
            throw lost(Self.message(of: context))
        }
        owedCount -= 1
        freeLast()
        last = reply
        return RedisValue(reply.assumingMemoryBound(to: redisReply.self))
    }

    /// The next answer, which must not be an error.
    @discardableResult
    func success() throws(RedisError) -> RedisValue {
        let answer = try reply()
        if let error = answer.error { throw error }
        return answer
    }

    /// Reads and forgets the answers that nobody waits for any more.
    func skipOwed() throws(RedisError) {
        while owedCount > 0 { _ = try reply() }
    }

    /// Runs one command, after the answers of all before it.
    @discardableResult
    func call(_ words: String...) throws(RedisError) -> RedisValue { try call(words) }

    /// Runs one command, after the answers of all before it.
    @discardableResult
    func call(_ words: [String]) throws(RedisError) -> RedisValue {
        try skipOwed()
        var command = CommandBuffer()
        command.add(words: words)
        try send(command)
        return try success()
    }

    // MARK: Opening

    private func authenticate() throws(RedisError) {
        guard let password = address.password else { return }
        if let user = address.user {
            try call("AUTH", user, password)
        } else {
            try call("AUTH", password)
        }
    }

    /// A user may be forbidden to ask; then nothing is known.
    private func readInformation() {
        guard let answer = try? call("INFO"), let text = answer.text else { return }
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            information[String(line[..<colon])] = String(line[line.index(after: colon)...])
        }
        let parts = (information["redis_version"] ?? "").split(separator: ".").prefix(3).map { Int($0) ?? 0 }
        version = parts.reduce(0) { $0 * 100 + $1 }
    }

    // MARK: Errors

    private func cannotConnect() -> RedisError {
        let why = context.map(Self.message) ?? "out of memory"
        close()
        return RedisError(
            .cannotConnect,
            "\(address.description): \(why)",
            hint: "is it running? redis-cli \(address.clientArguments) PING"
        )
    }

    /// Whatever the cause, the order of commands and answers is lost: the connection is not used again.
    private func lost(_ why: String) -> RedisError {
        close()
        return RedisError(.connectionLost, "the connection to \(address.description) was lost: \(why)")
    }

    private static func message(of context: UnsafeMutablePointer<redisContext>) -> String {
        withUnsafeBytes(of: &context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
