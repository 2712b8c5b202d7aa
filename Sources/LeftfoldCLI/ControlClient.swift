import Foundation
import ViewMaintenance

/// Speaks to a running daemon over its unix socket: one HTTP/1.1 request a connection. Blocks the calling thread.
struct ControlClient {
    var socketPath: String

    /// An answer as it came.
    struct Answer {
        var status: Int
        var body: Data
    }

    /// Parameters as the part of a path after `?`.
    static func query(_ parameters: [String: String]) -> String {
        let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_.~,/"))
        return parameters.sorted { $0.key < $1.key }.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: plain) ?? value)"
        }.joined(separator: "&")
    }

    /// Whether a daemon listens. A socket file left by a killed daemon refuses connections.
    var isDaemonRunning: Bool {
        guard let descriptor = try? connect() else { return false }
        close(descriptor)
        return true
    }

    /// Sends a request and decodes its answer.
    ///
    /// - Throws: `CommandFailure`, with the daemon's own words when it answered with an error.
    func call<Result: Decodable>(_ method: String, _ path: String, as type: Result.Type) throws -> Result {
        let answer = try send(method, path)
        try Self.check(answer)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: answer.body)
        } catch {
            throw CommandFailure(.dataError, "the daemon's answer to \(path) cannot be read", detail: "\(error)")
        }
    }

    /// Sends a request and returns its answer, whatever its status.
    func send(_ method: String, _ path: String) throws -> Answer {
        let descriptor = try connect()
        defer { close(descriptor) }
        let request = "\(method) \(path) HTTP/1.1\r\nHost: leftfold\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        var bytes = Array(request.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { throw gone("cannot write to the daemon") }
            bytes = bytes.dropFirst(written)
        }
        var received = Data()
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw gone("cannot read from the daemon") }
            if count == 0 { break }
            received.append(contentsOf: buffer[0..<count])
        }
        return try Self.parse(received)
    }

    /// Throws the daemon's own error when the answer is one.
    static func check(_ answer: Answer) throws {
        guard answer.status >= 400 else { return }
        guard let failure = try? JSONDecoder().decode(ControlFailure.self, from: answer.body).error else {
            throw CommandFailure(.dataError, "the daemon answered with status \(answer.status)")
        }
        let status: ExitStatus =
            switch failure.code {
            case "timeout": .foundProblem
            case "usage", MaintenanceError.Code.definition.name, MaintenanceError.Code.unknownName.name,
                MaintenanceError.Code.refused.name:
                .usage
            default: .dataError
            }
        throw CommandFailure(status, failure.message, detail: failure.detail, hint: failure.hint)
    }

    private func connect() throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw gone("cannot open a socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(socketPath.utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else {
            close(descriptor)
            throw CommandFailure(
                .usage,
                "the socket path \(socketPath) is longer than a unix socket allows",
                hint: "choose a shorter 'data' folder in leftfold.yaml"
            )
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        // The C API takes the generic address: the cast is how sockaddr_un is passed.
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Foundation.connect(descriptor, $0, length) }
        }
        guard result == 0 else {
            close(descriptor)
            throw gone("no daemon listens")
        }
        return descriptor
    }

    private func gone(_ what: String) -> CommandFailure {
        CommandFailure(
            .dataError,
            "\(what) on \(socketPath)",
            detail: String(cString: strerror(errno)),
            hint: "start it with: leftfold run"
        )
    }

    /// Splits an HTTP/1.1 answer that ends with the connection; chunked bodies are joined.
    private static func parse(_ received: Data) throws -> Answer {
        let broken = CommandFailure(.dataError, "the daemon's answer is not HTTP")
        guard let headEnd = received.range(of: Data("\r\n\r\n".utf8)) else { throw broken }
        let head = String(decoding: received[..<headEnd.lowerBound], as: UTF8.self)
        let lines = head.components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else { throw broken }
        var body = Data(received[headEnd.upperBound...])
        if lines.contains(where: { $0.lowercased() == "transfer-encoding: chunked" }) {
            guard let joined = joinChunks(body) else { throw broken }
            body = joined
        }
        return Answer(status: status, body: body)
    }

    private static func joinChunks(_ body: Data) -> Data? {
        var rest = body[...]
        var joined = Data()
        while let lineEnd = rest.range(of: Data("\r\n".utf8)) {
            let size = String(decoding: rest[rest.startIndex..<lineEnd.lowerBound], as: UTF8.self)
            guard let count = Int(size, radix: 16), count >= 0 else { return nil }
            if count == 0 { return joined }
            let start = lineEnd.upperBound
            guard rest.endIndex - start >= count + 2 else { return nil }
            joined.append(rest[start..<(start + count)])
            rest = rest[(start + count + 2)...]
        }
        return nil
    }
}
