import Foundation
import PostgresClient
import Relational
import ViewMaintenance

/// The fold standing where exactly the commits up to one LSN are in the views, and the database as it was there.
///
/// 1. The fold is held where it is, so that it cannot run past the LSN that comes next.
/// 2. A temporary logical slot exports a snapshot of the database; its consistent point is the LSN.
/// 3. The fold goes on to exactly that LSN and stands, until `release`.
///
/// A slot waits for the transactions that are writing. It gets only moments for that while the fold is held; when they are not enough,
/// the fold goes on and the quiet moment is waited for without holding anybody.
final class VerificationCut {
    let snapshot: SourceSnapshot
    /// Stores that do not follow the fold: what they hold is of an earlier LSN.
    private(set) var storesAway: [String] = []
    private let client: ControlClient
    private let ticket: UInt64
    private var isHeld = true

    /// How long the slot may wait for writers while the fold stands, attempt by attempt.
    private static let patience: [Duration] = [.seconds(2), .seconds(2), .seconds(4), .seconds(8)]
    /// How long a quiet moment is waited for while the fold goes on.
    private static let quietMax = Duration.seconds(120)
    /// How long somebody else may hold the fold.
    private static let turnMax = Duration.seconds(90)

    private init(_ snapshot: SourceSnapshot, _ client: ControlClient, ticket: UInt64) {
        self.snapshot = snapshot
        self.client = client
        self.ticket = ticket
    }

    /// Blocks the calling thread until the fold stands; `goesOn` is asked between attempts.
    static func take(_ installation: Installation, while goesOn: () -> Bool) throws -> VerificationCut {
        let client = installation.controlClient
        for patience in patience {
            let held = try hold(client, while: goesOn)
            do {
                let snapshot = try installation.openSnapshot(lockTimeout: patience)
                let cut = VerificationCut(snapshot, client, ticket: held.ticket)
                do {
                    cut.storesAway = try client.call("POST", "/hold?lsn=\(snapshot.lsn)", as: HoldReport.self)
                        .storesAway
                    return cut
                } catch {
                    cut.close()
                    throw error
                }
            } catch let error as PostgresError where error.sqlState == SourceSnapshot.lockTimeoutState {
                _ = try? client.send("POST", "/release?ticket=\(held.ticket)")
                try waitForQuiet(installation, while: goesOn)
            } catch {
                _ = try? client.send("POST", "/release?ticket=\(held.ticket)")
                throw error
            }
        }
        throw neverQuiet
    }

    /// Lets the fold go on; what was read until now was read at the LSN.
    ///
    /// - Throws: when the hold had ended by itself: what was read may be of a later LSN.
    func release() throws {
        guard isHeld else { return }
        isHeld = false
        try ControlClient.check(client.send("POST", "/release?ticket=\(ticket)"))
    }

    /// Lets go of everything.
    func close() {
        try? release()
        snapshot.close()
    }

    /// One holder at a time: others are waited for.
    private static func hold(_ client: ControlClient, while goesOn: () -> Bool) throws -> HoldReport {
        let end = ContinuousClock.now + turnMax
        while true {
            do {
                return try client.call("POST", "/hold", as: HoldReport.self)
            } catch let failure as CommandFailure
                where failure.message.hasPrefix("somebody else holds") && ContinuousClock.now < end && goesOn()
            {
                Thread.sleep(forTimeInterval: 0.2)
            }
        }
    }

    private static func waitForQuiet(_ installation: Installation, while goesOn: () -> Bool) throws {
        let end = ContinuousClock.now + quietMax
        while goesOn(), ContinuousClock.now < end {
            do {
                return try installation.openSnapshot(lockTimeout: .seconds(2)).close()
            } catch let error as PostgresError where error.sqlState == SourceSnapshot.lockTimeoutState {
                continue
            }
        }
        throw neverQuiet
    }

    private static var neverQuiet: CommandFailure {
        CommandFailure(
            .dataError,
            "a transaction on the server has been writing all the while, and a snapshot has to wait for its end",
            hint: "find it with: SELECT pid, xact_start, query FROM pg_stat_activity WHERE backend_xid IS NOT NULL "
                + "ORDER BY xact_start"
        )
    }
}
