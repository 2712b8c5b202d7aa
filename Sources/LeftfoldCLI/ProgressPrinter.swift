import Foundation
import ViewMaintenance

/// Shows on standard error how a build gets on: one line rewritten on a terminal, nothing elsewhere.
struct ProgressPrinter: Sendable {
    /// The line; nil while there is nothing to tell. Called off the cooperative pool.
    let describe: @Sendable () -> String?

    init(_ describe: @escaping @Sendable () -> String?) { self.describe = describe }

    func whileShowing<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        guard isatty(2) == 1 else { return try await body() }
        let describe = describe
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(500))
                    if let progress = try? await OwnThread.run("leftfold-progress", { describe() }) {
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

    /// Runs a blocking call to the daemon and shows meanwhile how its builds get on.
    static func whileDaemonWorks<Value: Sendable>(
        _ client: ControlClient,
        _ call: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let printer = ProgressPrinter {
            let views = (try? client.call("GET", "/status", as: Status.self))?.views ?? []
            let building = views.filter { $0.progress != nil }
            guard let progress = building.first?.progress else { return nil }
            return "\(building.map(\.name).joined(separator: ", ")): \(progress)"
        }
        return try await printer.whileShowing { try await OwnThread.run("leftfold-command", call) }
    }
}
