import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import ViewMaintenance
import ViewStores

/// Compares the live views of a daemon with the source, in turns, one at a time (`verify:` in leftfold.yaml).
///
/// Each round looks at other rows. A view that was found to differ is compared whole from then on, until it is right again.
struct BackgroundVerification: Service {
    var installation: Installation
    var daemon: Daemon
    var schedule: VerifyConfiguration

    /// How often the set of live views is looked at.
    private static let lookMax = Duration.seconds(5)

    func run() async throws {
        // A shutdown ends a comparison where it stands.
        _ = try? await cancelWhenGracefulShutdown { try await follow() }
    }

    private func follow() async throws {
        try await daemon.waitUntilBuilt()
        var shown = Status.Schedule(
            everySeconds: Double(schedule.every.wholeMicroseconds) / 1_000_000,
            share: schedule.sample
        )
        daemon.board.show(shown)
        var turns = VerificationSchedule(every: schedule.every, begun: .now)
        while true {
            let live = daemon.board.published.views.filter {
                $0.state == .live && PreviousView.original(of: $0.name) == nil
            }.map(\.name)
            let next = turns.next(of: live)
            let wait = next.map { $0.due - .now } ?? Self.lookMax
            guard let next, wait <= .zero else {
                try await Task.sleep(for: min(max(wait, .milliseconds(10)), Self.lookMax))
                continue
            }
            shown.running = next.view
            daemon.board.show(shown)
            shown.error = try await compare(next.view)
            shown.running = nil
            daemon.board.show(shown)
            turns.note(next.view, at: .now)
        }
    }

    /// Compares one view; nil, or why it could not be compared.
    private func compare(_ view: String) async throws -> Status.Failure? {
        let isSuspect = daemon.board.verifications[view]?.isProven == false
        let isCancelled = SharedFlag()
        var verification = Verification(installation: installation, names: [view], differenceLimit: 0)
        verification.sample = RowSample(share: isSuspect ? 1 : schedule.sample, seed: .random(in: 0...UInt64.max))
        verification.goesOn = { !isCancelled.isSet }
        let work = verification
        // The thread is left to itself when the service has to end: it notices at its next batch.
        let (ends, end) = AsyncStream<Result<Status.Failure?, any Error>>.makeStream()
        let result = await withTaskCancellationHandler {
            OwnThread.start("leftfold-verify") {
                end.yield(Result { try work.run().first?.notCompared })
                end.finish()
            }
            return await ends.first { _ in true }
        } onCancel: {
            isCancelled.set()
        }
        try Task.checkCancellation()
        let reason: (message: String, hint: String?)
        switch result {
        case .failure(let error):
            let failure = CommandFailure(error)
            reason = (failure?.message ?? "\(error)", failure?.hint)
        case .success(let missed?): reason = (missed.message, missed.hint)
        case .success(nil), nil: return nil
        }
        let message = "view \(view) could not be compared with the source: \(reason.message)"
        installation.logger.warning("\(message)")
        return Status.Failure(code: "verify", message: message, hint: reason.hint ?? "leftfold verify \(view)")
    }
}

/// A claim that becomes true once; safe from any thread.
private final class SharedFlag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set() { value.store(true, ordering: .releasing) }
}
