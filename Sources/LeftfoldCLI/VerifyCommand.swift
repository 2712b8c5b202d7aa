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
        discussion: "Takes a free replication slot for a moment (a temporary one, whose snapshot gives the LSN)."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The views; all when none is named.")
    var names: [String] = []

    @Flag(name: .long, help: "Rebuild views that differ.")
    var repair = false

    @Option(name: .long, help: "Differing rows to show for each view.")
    var show = 5

    func run() async throws {
        let installation = Installation(try options.load())
        let verification = Verification(installation: installation, names: names, differenceLimit: max(show, 0))
        let reports: [Verification.Report]
        if installation.controlClient.isDaemonRunning {
            reports = try await OwnThread.run("leftfold-verify") { try verification.run() }
        } else {
            reports = try await verifyAtRest(verification, installation)
        }
        try VerifiedLedger(installation.configuration).record(reports)
        output.json ? print(try JSONText.render(reports)) : printText(reports)
        let differing = reports.filter { $0.differenceCount > 0 }.map(\.view)
        if repair, !differing.isEmpty { try await rebuild(differing, installation) }
        if !differing.isEmpty { throw QuietExit(status: .foundProblem) }
    }

    /// Without a daemon one runs in this process for as long as it takes.
    private func verifyAtRest(
        _ verification: Verification,
        _ installation: Installation
    ) async throws -> [Verification.Report] {
        var run = DaemonRun(installation: installation, limit: nil, createsMissing: false, appliesViews: false)
        run.compacts = false
        let results = ResultBox<[Verification.Report]>()
        try await run.run { daemon in
            [
                OneShotService {
                    await results.fill {
                        try await daemon.waitUntilBuilt()
                        return try await OwnThread.run("leftfold-verify") { try verification.run() }
                    }
                }
            ]
        }
        return try results.value()
    }

    private func printText(_ reports: [Verification.Report]) {
        for report in reports {
            guard report.differenceCount > 0 else {
                print("\(report.view): \(report.rows) rows equal at LSN \(report.lsn)")
                continue
            }
            print("\(report.view): \(report.differenceCount) rows differ at LSN \(report.lsn)")
            for difference in report.differences {
                let cells = difference.row.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value ?? "NULL")" }
                print("  \(difference.kind) ×\(difference.count)  \(cells.joined(separator: "  "))")
            }
            print("  hint: leftfold rebuild \(report.view)")
        }
    }

    private func rebuild(_ views: [String], _ installation: Installation) async throws {
        let client = installation.controlClient
        let report: ApplyReport
        if client.isDaemonRunning {
            report = try client.call("POST", "/rebuild?views=\(views.joined(separator: ","))", as: ApplyReport.self)
        } else {
            report = try await installation.reconcileAtRest(.rebuild(views))
        }
        StandardError.write("rebuilt \(report.rebuilt.joined(separator: ", ")); verify again to be sure\n")
    }
}
