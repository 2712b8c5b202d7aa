import Foundation
import Synchronization

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

    /// Calls `body` for each of 0..<count, on the calling thread and as many more in the background as there are processors, `threadMax` in
    /// all; returns when all calls have.
    static func spread(_ name: String, _ count: Int, threadMax: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let next = Counter()
        let work: @Sendable () -> Void = {
            while true {
                let index = next.next()
                guard index < count else { return }
                body(index)
            }
        }
        let others = DispatchGroup()
        for _ in 1..<max(min(threadMax, count, ProcessInfo.processInfo.activeProcessorCount), 1) {
            others.enter()
            start(name, isInBackground: true) {
                work()
                others.leave()
            }
        }
        work()
        others.wait()
    }

    /// Counts from 0 on, for several threads.
    private final class Counter: Sendable {
        private let value = Atomic(0)

        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
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
