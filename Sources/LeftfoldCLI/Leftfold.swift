import ArgumentParser
import CProcess
import Foundation

/// The root of the command line.
@main
struct Leftfold: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "leftfold",
        abstract: "Materialized views folded from your database's change log.",
        discussion:
            "Start with 'leftfold init', then 'leftfold doctor' and 'leftfold run'. 'leftfold demo' shows it all.",
        version: version,
        subcommands: [
            InitCommand.self, DoctorCommand.self, RunCommand.self, StatusCommand.self, PlanCommand.self,
            ApplyCommand.self, RollbackCommand.self, RebuildCommand.self, VerifyCommand.self, WaitCommand.self,
            QueryCommand.self,
            ExplainCommand.self, LogCommand.self, StateCommand.self, DemoCommand.self, DestroyCommand.self,
        ]
    )

    /// Runs the command and exits with the documented code; see `ExitStatus`.
    static func main() async {
        leftfold_prepare_process()
        // Results may go into `head`: a closed pipe ends writing, it does not end the process in the middle of something.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Foundation.exit(ExitStatus.report(error).rawValue)
        }
    }
}
