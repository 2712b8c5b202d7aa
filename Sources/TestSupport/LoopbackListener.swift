#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Foundation

/// A small HTTP/1.1 server on a loopback port, a thread for each connection.
final class LoopbackListener: Sendable {
    struct Request {
        var method: String
        /// Percent-encoded, with its query.
        var target: String
        var authorization: String?
        var body: Data
    }

    struct Answer {
        var status: Int
        var body: Data
        /// Ends the connection in the place of an answer.
        var isDropped = false
    }

    let port: UInt16
    private let descriptor: Int32

    init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(socket, address, length) == 0, listen(socket, 64) == 0 else { return Int32(-1) }
                return getsockname(socket, address, &length)
            }
        }
        guard socket >= 0, status == 0 else { throw ConformanceFailure("no loopback port: errno \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        descriptor = socket
        Thread.detachNewThread {
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread { Self.serve(connection, answer) }
            }
        }
    }

    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private static func serve(_ connection: Int32, _ answer: (Request) -> Answer) {
        defer { close(connection) }
        var input = Data()
        while let request = next(connection, &input) {
            let answer = answer(request)
            if answer.isDropped { return }
            var output = Data(
                ("HTTP/1.1 \(answer.status) X\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(answer.body.count)\r\n\r\n").utf8
            )
            output.append(answer.body)
            guard write(output, connection) else { return }
        }
    }

    private static func write(_ data: Data, _ connection: Int32) -> Bool {
        data.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = send(
                    connection,
                    bytes.baseAddress.map { $0 + sent },
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
                if count <= 0 { return false }
                sent += count
            }
            return true
        }
    }

    private static func next(_ connection: Int32, _ input: inout Data) -> Request? {
        let end = Data("\r\n\r\n".utf8)
        var range = input.range(of: end)
        while range == nil {
            guard read(connection, &input) else { return nil }
            range = input.range(of: end)
        }
        guard let range else { return nil }
        let lines = String(decoding: input[input.startIndex..<range.lowerBound], as: UTF8.self)
            .components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 {
                headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
            }
        }
        input = Data(input[range.upperBound...])
        let count = Int(headers["content-length"] ?? "0") ?? 0
        if headers["expect"] != nil, !write(Data("HTTP/1.1 100 Continue\r\n\r\n".utf8), connection) { return nil }
        while input.count < count {
            guard read(connection, &input) else { return nil }
        }
        let words = lines[0].split(separator: " ")
        guard words.count == 3 else { return nil }
        let body = Data(input.prefix(count))
        input = Data(input.dropFirst(count))
        return Request(
            method: String(words[0]),
            target: String(words[1]),
            authorization: headers["authorization"],
            body: body
        )
    }

    private static func read(_ connection: Int32, _ input: inout Data) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(connection, &buffer, buffer.count, 0)
        if count > 0 { input.append(contentsOf: buffer[..<count]) }
        return count > 0
    }
}
