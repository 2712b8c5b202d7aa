import Foundation
import PostgresClient
import ServiceLifecycle
import Synchronization
import ViewMaintenance

/// The demo's screen, and its traffic, while the daemon runs. Ends at shutdown or when its time is over.
struct DemoShow: Service {
    var screen: DemoScreen
    var traffic: DemoTraffic
    var folder: DemoFolder
    var duration: Duration?

    func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            let begun = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await OwnThread.run("leftfold-demo-traffic") { try traffic.run() } }
                group.addTask { try await OwnThread.run("leftfold-demo-screen") { try show(begun) } }
                try await group.waitForAll()
            }
        } onCancelOrGracefulShutdown: {
            traffic.stop()
        }
    }

    private func show(_ begun: ContinuousClock.Instant) throws {
        while !traffic.isStopped {
            if let duration, ContinuousClock.now - begun >= duration { return traffic.stop() }
            if FileManager.default.fileExists(atPath: screen.databasePath) {
                // Until the first views are built there is nothing to draw.
                try? screen.draw(caption)
            }
            Thread.sleep(forTimeInterval: screen.redraws ? 0.5 : 2)
        }
    }

    private var caption: String {
        let program = CommandLine.arguments[0]
        let config = "--config \(folder.configurationPath)"
        return """
            leftfold demo: \(traffic.count) transactions written to Postgres; the views below are tables in
            \(screen.databasePath). Ctrl-C ends it and leaves nothing behind. Try in another terminal:

              \(program) status \(config)
              \(program) query top_sellers \(config)
              \(program) verify \(config)
            """
    }
}

/// Writes orders as a shop would: new ones come, older ones are paid, shipped, cancelled, removed.
final class DemoTraffic: Sendable {
    private let url: String
    private let rate: Int
    private let isStopping = Atomic(false)
    private let written = Atomic(0)

    init(url: String, rate: Int) {
        self.url = url
        self.rate = rate
    }

    var count: Int { written.load(ordering: .relaxed) }
    var isStopped: Bool { isStopping.load(ordering: .relaxed) }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    func run() throws {
        let connection = try PostgresConnection(url)
        var number: UInt64 = 0
        while !isStopped {
            number += 1
            do {
                try connection.query(Self.transaction(number))
            } catch {
                // At Ctrl-C the terminal stops the server too.
                if isStopped { return }
                throw error
            }
            written.add(1, ordering: .relaxed)
            Thread.sleep(forTimeInterval: 1 / Double(rate))
        }
    }

    /// The `number`-th transaction; choices come from a hash of the number.
    private static func transaction(_ number: UInt64) -> String {
        func pick(_ purpose: UInt64, _ count: UInt64) -> UInt64 {
            var mixed = number &* 0x9E37_79B9_7F4A_7C15 ^ purpose &* 0xC2B2_AE3D_27D4_EB4F
            mixed ^= mixed >> 29
            mixed = mixed &* 0xBF58_476D_1CE4_E5B9
            return (mixed >> 17) % count
        }
        let customer = 1 + pick(1, 2000)
        // The smaller of two draws: some products sell better.
        let product = 1 + min(pick(2, 300), pick(3, 300))
        let back = 1 + pick(4, 500)
        var sql = """
            BEGIN;
            INSERT INTO orders (customer_id, product_id, qty, price, status, placed_at)
            SELECT \(customer), id, \(1 + pick(5, 5)), price, 'open', now() FROM products WHERE id = \(product);
            UPDATE orders SET status = CASE status WHEN 'open' THEN 'paid' ELSE 'shipped' END
            WHERE id = (SELECT max(id) FROM orders) - \(back) AND status IN ('open', 'paid');

            """
        switch pick(6, 20) {
        case 0:
            sql += "UPDATE orders SET status = 'cancelled' WHERE id = (SELECT max(id) FROM orders) - \(back);\n"
        case 1:
            sql += "DELETE FROM orders WHERE id = (SELECT max(id) FROM orders) - \(back + 3000);\n"
        default: break
        }
        return sql + "COMMIT;"
    }
}
