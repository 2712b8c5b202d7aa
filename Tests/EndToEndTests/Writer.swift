import Foundation
import PostgresClient
import Synchronization
import TestSupport
import ViewMaintenance

/// A client that commits seeded transactions on a thread of its own until it is stopped.
final class Writer: Sendable {
    private struct State {
        var isPaused = false
        var isStopped = false
        var isIdle = false
        var hasEnded = false
        var commits = 0
        var failure: String?
    }

    private let state = Mutex(State())

    /// Starts to write: one of 20 transactions is rolled back.
    init(
        _ follower: Follower,
        seed: UInt64,
        transaction: @escaping @Sendable (Int, inout SeededGenerator) -> [String]
    ) {
        OwnThread.start("e2e-writer") { [self] in
            do {
                try write(to: follower, seed: seed, transaction)
            } catch {
                state.withLock { $0.failure = "\(error)" }
            }
            state.withLock { $0.hasEnded = true }
        }
    }

    var commitCount: Int { state.withLock(\.commits) }

    /// Returns when nothing is being written.
    func pause() async throws {
        state.withLock { $0.isPaused = true }
        try await wait { $0.isIdle || $0.hasEnded }
    }

    func resume() { state.withLock { $0.isPaused = false } }

    /// Returns when nothing is written any more.
    func stop() async throws {
        state.withLock { $0.isStopped = true }
        try await wait(\.hasEnded)
    }

    private func wait(_ isReached: (borrowing State) -> Bool) async throws {
        while !state.withLock({ isReached($0) }) { try await Task.sleep(for: .milliseconds(1)) }
        if let failure = state.withLock(\.failure) { throw WriterFailure(reason: failure) }
    }

    private func write(
        to follower: Follower,
        seed: UInt64,
        _ transaction: (Int, inout SeededGenerator) -> [String]
    ) throws {
        var generator = SeededGenerator(seed: seed)
        let connection = try follower.connect()
        defer { connection.close() }
        var number = 0
        while !state.withLock(\.isStopped) {
            let isPaused = state.withLock { state in
                state.isIdle = state.isPaused
                return state.isPaused
            }
            if isPaused {
                usleep(1000)
                continue
            }
            number += 1
            let isCommitted = Int.random(in: 0..<20, using: &generator) > 0
            let statements = transaction(number, &generator)
            try connection.query(
                "BEGIN; \(statements.joined(separator: "; ")); \(isCommitted ? "COMMIT" : "ROLLBACK")"
            )
            if isCommitted { state.withLock { $0.commits += 1 } }
            usleep(UInt32.random(in: 0...4000, using: &generator))
        }
    }
}

struct WriterFailure: Error {
    var reason: String
}
