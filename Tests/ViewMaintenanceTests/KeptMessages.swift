import Logging
import Synchronization

/// What was logged, for a test to look at. Safe from any thread.
final class KeptMessages: Sendable {
    private let kept = Mutex<[String]>([])

    var all: [String] { kept.withLock { $0 } }

    func count(_ part: String) -> Int { all.count { $0.contains(part) } }

    /// A logger whose messages are kept here.
    var logger: Logger { Logger(label: "test") { _ in Handler(messages: self) } }

    fileprivate func keep(_ message: String) { kept.withLock { $0.append(message) } }

    private struct Handler: LogHandler {
        let messages: KeptMessages
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { messages.keep("\(event.level): \(event.message)") }
    }
}
