import Foundation
import Synchronization

/// Errors of threads, and waiting for their ends.
final class Failures: Sendable {
    private let errors = Mutex<[String]>([])
    private let ended = DispatchSemaphore(value: 0)

    var all: [String] { errors.withLock { $0 } }

    func catching(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            errors.withLock { $0.append("\(error)") }
        }
        ended.signal()
    }

    /// Starts threads whose blocks use `catching`, and waits for all of them.
    func run(_ threads: [Thread]) {
        for thread in threads { thread.start() }
        for _ in threads { ended.wait() }
    }
}
