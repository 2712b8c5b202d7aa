import ArgumentParser
import EventLog
import Relational

/// `leftfold log import`: a new log from an exported one.
struct LogImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make the log from a file that 'leftfold log export' has written, where there is none.",
        discussion: """
            Every byte is checked before the log is there; a file that was cut off or altered is refused and leaves no log. The log keeps its
            id, so stores go on where they were. One that is ahead of the imported log has its views built again at the next start.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: "The file, written with --format portable.")
    var file: String

    func run() async throws {
        let installation = try Installation(options.load())
        let directory = installation.configuration.logDirectory
        let portable = try LogImport.read(file, into: directory)
        StandardError.write(
            """
            \(portable.frameCount) frames with \(portable.recordCount) records of log \(portable.id), next offset \(portable.endOffset), \
            in \(directory)
            go on with: leftfold run, or leftfold rebuild without the server

            """
        )
    }
}
