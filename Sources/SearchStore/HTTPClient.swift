import CCurl
import Foundation

/// Requests to one server, one at a time, on the caller's thread, over a connection that is kept.
final class HTTPClient {
    /// A status from 100 to 599 and what came with it.
    struct Answer {
        var status: Int
        var body: Data
    }

    /// What libcurl hands over.
    private final class Sink {
        var body = Data()
    }

    /// How long nothing may come or go, in seconds.
    private static let patience = 60
    private static let isStarted = leftfold_curl_start().rawValue == 0

    let address: SearchAddress
    // Unsafe: libcurl's, owned by this client, and as it is used by one thread.
    private let handle: UnsafeMutableRawPointer?
    // Unsafe: where libcurl writes why a request failed.
    private let problem = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init(_ address: SearchAddress) {
        self.address = address
        problem.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        handle = Self.isStarted ? curl_easy_init() : nil
    }

    deinit {
        if let handle { curl_easy_cleanup(handle) }
        problem.deallocate()
    }

    /// Sends a request and waits for its answer, whatever its status is.
    ///
    /// libcurl repeats a request over a kept connection that turns out to be closed; `once` has a connection of its own.
    ///
    /// - Throws: when no answer came; whether the request was carried out is not known then.
    func send(
        _ method: String,
        _ path: String,
        _ body: Data? = nil,
        lines: Bool = false,
        once: Bool = false
    ) throws(StoreProblem) -> Answer {
        guard let handle else { throw StoreProblem("libcurl has no memory") }
        curl_easy_reset(handle)
        let headers = Self.headers(body == nil ? nil : lines ? "x-ndjson" : "json", address.authorization)
        defer { curl_slist_free_all(headers) }
        leftfold_curl_set_text(handle, CURLOPT_URL, address.base + path)
        leftfold_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, method)
        leftfold_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers)
        leftfold_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, problem)
        for (option, value) in [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
            (CURLOPT_CONNECTTIMEOUT, 10), (CURLOPT_LOW_SPEED_LIMIT, 1), (CURLOPT_LOW_SPEED_TIME, Self.patience),
            (CURLOPT_FRESH_CONNECT, once ? 1 : 0), (CURLOPT_FORBID_REUSE, once ? 1 : 0),
        ] {
            leftfold_curl_set_number(handle, option, value)
        }
        let sink = Sink()
        // Unsafe: `sink` outlives the call that writes to it.
        let target = Unmanaged.passUnretained(sink).toOpaque()
        leftfold_curl_set_writer(
            handle,
            { bytes, size, count, target in
                guard let bytes, let target else { return 0 }
                let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
                Unmanaged<Sink>.fromOpaque(target).takeUnretainedValue().body.append(contentsOf: part)
                return size * count
            },
            target
        )
        let code = withExtendedLifetime(sink) { perform(handle, body, isWrite: method != "GET" && method != "DELETE") }
        guard code.rawValue == 0 else {
            let reason = String(cString: problem)
            throw StoreProblem(reason.isEmpty ? String(cString: curl_easy_strerror(code)) : reason)
        }
        return Answer(status: leftfold_curl_status(handle), body: sink.body)
    }

    private func perform(_ handle: UnsafeMutableRawPointer, _ body: Data?, isWrite: Bool) -> CURLcode {
        problem[0] = 0
        guard let body = body ?? (isWrite ? Data() : nil) else { return curl_easy_perform(handle) }
        leftfold_curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        // Unsafe: libcurl reads the bytes where they are, until `curl_easy_perform` returns.
        return body.withUnsafeBytes { bytes in
            withUnsafePointer(to: UInt8(0)) { nothing in
                leftfold_curl_set_pointer(handle, CURLOPT_POSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(nothing))
                return curl_easy_perform(handle)
            }
        }
    }

    private static func headers(_ type: String?, _ authorization: String?) -> UnsafeMutablePointer<curl_slist>? {
        // Without a type libcurl would send that of a form.
        var list = curl_slist_append(nil, type.map { "Content-Type: application/\($0)" } ?? "Content-Type:")
        if let authorization { list = curl_slist_append(list, "Authorization: \(authorization)") }
        return list
    }
}

/// Why there is no answer.
struct StoreProblem: Error {
    var message: String

    init(_ message: String) { self.message = message }
}
