import Foundation
import ViewMaintenance

/// Shows on standard error how a build gets on: one line rewritten on a terminal, nothing elsewhere.
struct ProgressPrinter: Sendable {
    let board: StatusBoard

    func whileShowing<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        guard isatty(2) == 1 else { return try await body() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(500))
                    if let progress = board.published.views.compactMap(\.progress).first {
                        StandardError.write("\r\u{1B}[K\(progress)")
                    }
                }
            }
            defer {
                group.cancelAll()
                StandardError.write("\r\u{1B}[K")
            }
            return try await body()
        }
    }
}
