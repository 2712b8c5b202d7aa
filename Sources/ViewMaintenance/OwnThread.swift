import Foundation

/// Threads for blocking work: libpq, SQLite and file calls never run on the cooperative pool. This is the one place where they leave it.
public enum OwnThread {
    /// Runs `body` on a new thread named `name` and returns when it ends.
    public static func run<Value: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            start(name) { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Starts `body` on a new thread and returns at once. One in the background gets the processor when the others do not want it.
    public static func start(_ name: String, isInBackground: Bool = false, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            if isInBackground { yieldToOthers() }
            body()
        }
        thread.name = name
        // The SQL grammar recurses: as much stack as a main thread has.
        thread.stackSize = 8 << 20
        thread.start()
    }
}

extension OwnThread {
    /// Linux has a priority for each thread, and 0 names the calling one; elsewhere the whole process would get it.
    private static func yieldToOthers() {
        #if os(Linux)
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        #endif
    }

    /// Blocks the calling thread, which must be one of ours.
    static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        Thread.sleep(forTimeInterval: Double(seconds) + Double(attoseconds) * 1e-18)
    }
}
