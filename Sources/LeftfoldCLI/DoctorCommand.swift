import ArgumentParser
import PostgresClient
import PostgresSource

/// `leftfold doctor`: what stands in the way, each with the SQL that removes it.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the server and its tables before the first run; exit code 1 on a problem."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    /// One finding as JSON.
    struct Finding: Codable {
        var check: String
        var severity: String
        var message: String
        var fix: String?
    }

    func run() async throws {
        let installation = Installation(try options.load())
        let findings = installation.diagnose().map {
            Finding(check: $0.name, severity: $0.severity.rawValue, message: $0.message, fix: $0.fix)
        }
        if output.json {
            print(try JSONText.render(findings))
        } else {
            for finding in findings {
                let marks = ["ok": "ok     ", "note": "note   ", "warning": "WARNING", "problem": "PROBLEM"]
                let mark = marks[finding.severity] ?? finding.severity
                print("\(mark)  \(finding.check): \(finding.message)")
                if let fix = finding.fix { print("         fix: \(fix.replacing("\n", with: "\n              "))") }
            }
        }
        let problems = findings.count { $0.severity == "problem" }
        if problems > 0 {
            StandardError.write("\(problems) problem\(problems == 1 ? "" : "s") found\n")
            throw QuietExit(status: .foundProblem)
        }
        if !output.json { print("\nready; go on with: leftfold run") }
    }
}
