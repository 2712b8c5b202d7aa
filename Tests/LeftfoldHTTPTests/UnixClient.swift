import Foundation
import ViewMaintenance

/// One HTTP request over a unix socket.
struct UnixClient: Sendable {
    var path: String

    struct Failure: Error {
        var reason: String
    }

    struct Answer: Sendable {
        var status: Int
        var head: String
        var body: String
    }

    /// Blocks a thread of its own: the server under test needs those of the cooperative pool.
    func send(_ method: String, _ target: String) async throws -> Answer {
        try await OwnThread.run("client") { try exchange(method, target) }
    }

    private func exchange(_ method: String, _ target: String) throws -> Answer {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        // The C API takes the generic address: the cast is how sockaddr_un is passed.
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure(reason: String(cString: strerror(errno))) }
        let request = "\(method) \(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        _ = request.utf8.withContiguousStorageIfAvailable { write(descriptor, $0.baseAddress, $0.count) }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            received += buffer[0..<count]
        }
        let text = String(decoding: received, as: UTF8.self)
        let parts = text.components(separatedBy: "\r\n\r\n")
        guard parts.count >= 2, let status = Int(text.split(separator: " ")[1]) else {
            throw Failure(reason: "no HTTP: \(text)")
        }
        return Answer(status: status, head: parts[0], body: parts[1...].joined(separator: "\r\n\r\n"))
    }
}
