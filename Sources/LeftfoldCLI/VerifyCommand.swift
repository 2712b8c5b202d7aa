import ArgumentParser
import Foundation
import Relational
import ServiceLifecycle
import ViewMaintenance
import ViewPlan

/// `leftfold verify`: compares views with the database's own answer at one exact LSN.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Prove views: compare them with the database's own answer at one exact LSN; exit code 1 when they differ.",
        discussion:
            "Takes a free replication slot for a moment (a temporary one, whose snapshot gives the LSN). Views whose store is away are "
            + "named and the others compared; exit code 3 then, unless one differs."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The views; all when none is named.")
    var names: [String] = []

    @Flag(
        name: .long,
        help: "Bring views that differ right: send their store the difference to what the log says, then compare again."
    )
    var repair = false

    @Option(
        name: .long,
        help: ArgumentHelp("Compare a part of the rows, e.g. 1%, chosen by their key.", valueName: "percent")
    )
    var sample: String?

    @Option(name: .long, help: "Which rows a sample has: the same seed, the same keys.")
    var seed: UInt64?

    @Option(name: .long, help: "Differing rows to show for each view.")
    var show = 5

    /// What was compared, and again after a repair.
    private struct Outcome: Codable, Sendable {
        /// Views that had stopped, brought up again before anything was compared.
        var restored: ApplyReport?
        var reports: [Verification.Report] = []
        var repaired: ApplyReport?
        var after: [Verification.Report] = []

        /// Nil when every view was found equal. What was found to be wrong comes before what could not be looked at.
        var status: ExitStatus? {
            if after.contains(where: { !$0.isProven }) { return .dataError }
            if restored != nil || reports.contains(where: \.differs) { return .foundProblem }
            let missed = reports.compactMap(\.notCompared)
            if missed.isEmpty { return nil }
            return missed.contains { $0.code == "store" } ? .cannotReachServer : .dataError
        }
    }

    func run() async throws {
        let installation = Installation(try options.load())
        var verification = Verification(installation: installation, names: names, differenceLimit: max(show, 0))
        verification.sample = try rowSample()
        let outcome: Outcome
        if installation.controlClient.isDaemonRunning {
            let (verification, repair) = (verification, repair)
            outcome = try await OwnThread.run("leftfold-verify") { try Self.work(verification, repair) }
        } else {
            outcome = try await verifyAtRest(verification, installation)
        }
        if output.json {
            repair ? print(try JSONText.render(outcome)) : print(try JSONText.render(outcome.reports))
        } else {
            Self.printText(outcome)
        }
        if let status = outcome.status { throw QuietExit(status: status) }
    }

    private func rowSample() throws -> RowSample {
        guard let sample else {
            guard seed == nil else { throw CommandFailure(.usage, "--seed is for --sample", hint: "add: --sample 1%") }
            return RowSample(share: 1, seed: 0)
        }
        guard let share = parseShare(sample) else {
            throw CommandFailure(
                .usage,
                "--sample \(sample) is not above 0% and at most 100%",
                hint: "write --sample 1%"
            )
        }
        return RowSample(share: share, seed: seed ?? UInt64.random(in: 0...UInt64.max))
    }

    /// Compares; with `repair` brings up what has stopped, then what differs right, and compares that again, whole.
    private static func work(_ verification: Verification, _ repair: Bool) throws -> Outcome {
        var outcome = Outcome()
        if repair { outcome.restored = try restore(verification) }
        outcome.reports = try verification.run()
        let faulty = outcome.reports.filter(\.differs)
        guard repair, !faulty.isEmpty else { return outcome }
        let differing = faulty.map(\.view)
        outcome.repaired = try mend(faulty, verification.installation)
        var again = verification
        again.names = differing
        again.sample = RowSample(share: 1, seed: 0)
        outcome.after = try again.run()
        return outcome
    }

    /// Views that stopped cannot be compared: a change contradicted the rows of their store.
    private static func restore(_ verification: Verification) throws -> ApplyReport? {
        let status = try verification.installation.controlClient.call("GET", "/status", as: Status.self)
        let stopped = status.views.filter { view in
            view.state == .parked && (verification.names.isEmpty || verification.names.contains(view.name))
        }
        return stopped.isEmpty ? nil : try mend(stopped.map(\.name), verification.installation)
    }

    private static func mend(_ reports: [Verification.Report], _ installation: Installation) throws -> ApplyReport {
        // An index that is not of its rows cannot take their difference, nor can rows that cannot be read: that view is built anew.
        let rebuilt = reports.filter { $0.indexFault != nil || $0.unreadable != nil }.map(\.view)
        let mended = reports.map(\.view).filter { !rebuilt.contains($0) }
        var report = mended.isEmpty ? ApplyReport() : try mend(mended, installation)
        guard !rebuilt.isEmpty else { return report }
        let query = ControlClient.query(["views": rebuilt.joined(separator: ",")])
        let other = try installation.controlClient.call("POST", "/rebuild?\(query)", as: ApplyReport.self)
        report.rebuilt += other.rebuilt
        report.failed.merge(other.failed) { $1 }
        return report
    }

    private static func mend(_ views: [String], _ installation: Installation) throws -> ApplyReport {
        let query = ControlClient.query(["views": views.joined(separator: ","), "repair": "yes"])
        return try installation.controlClient.call("POST", "/rebuild?\(query)", as: ApplyReport.self)
    }

    /// Without a daemon one runs in this process for as long as it takes.
    private func verifyAtRest(_ verification: Verification, _ installation: Installation) async throws -> Outcome {
        var run = DaemonRun(installation: installation, limit: nil, createsMissing: false, appliesViews: false)
        run.compacts = false
        run.verifies = false
        let results = ResultBox<Outcome>()
        let repair = repair
        try await run.run { daemon in
            [
                OneShotService {
                    await results.fill {
                        try await daemon.waitUntilBuilt()
                        return try await OwnThread.run("leftfold-verify") { try Self.work(verification, repair) }
                    }
                }
            ]
        }
        return try results.value()
    }

    private static func printText(_ outcome: Outcome) {
        if let restored = outcome.restored { printRepair(restored) }
        for report in outcome.reports { for line in VerificationText.lines(report) { print(line) } }
        guard let repaired = outcome.repaired else { return }
        printRepair(repaired)
        for report in outcome.after {
            for line in VerificationText.lines(report) where !line.hasPrefix("  hint") { print(line) }
            guard report.differs else { continue }
            print("  the log itself says so: its rows of the tables are not those of the server, or Leftfold is wrong")
            print(
                "  hint: leftfold log check; then read the tables anew: leftfold destroy --delete-data && leftfold run"
            )
        }
    }

    private static func printRepair(_ report: ApplyReport) {
        for (view, rows) in report.corrected.sorted(by: { $0.key < $1.key }) {
            print("repaired \(view): sent a difference of \(rows) \(rows == 1 ? "row" : "rows")")
        }
        if !report.rebuilt.isEmpty { print("rebuilt \(report.rebuilt.sorted().joined(separator: ", "))") }
        for (view, failure) in report.failed.sorted(by: { $0.key < $1.key }) { print("\(view): \(failure.message)") }
    }
}
