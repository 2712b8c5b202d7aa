import ArgumentParser
import EventLog
import Foundation
import ViewMaintenance

/// `leftfold rebuild`: computes views again from the log and puts them in place in one step.
struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract:
            "Build views again from the log, without the database; readers keep the old rows until the new ones are complete.",
        discussion:
            "All of them in one pass over the log, beside the running daemon or without one. A daemon goes on with it when this command is "
            + "stopped, and at its next start when it is stopped itself; without a daemon, start it again. Views that are in place by "
            + "then are not built again."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The views; all when none is named.")
    var names: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How much of the log to read in a second, e.g. 20MB; without it, as fast as it goes.",
            valueName: "size"
        )
    )
    var bytesPerSecond: String?

    @Flag(
        name: .long,
        help: "Give up the rebuild that is not finished; views that it has not put in place keep their rows."
    )
    var cancel = false

    func run() async throws {
        let installation = try Installation(options.load())
        if cancel { return try cancelRebuild(installation) }
        let request = RebuildRequest(names, bytesPerSecond: try pace())
        try ApplyText.finish(try await installation.rebuild(request), json: output.json)
    }

    private func cancelRebuild(_ installation: Installation) throws {
        guard names.isEmpty, bytesPerSecond == nil else {
            throw CommandFailure(.usage, "--cancel stands alone", hint: "leftfold rebuild --cancel")
        }
        let given = try installation.cancelRebuild()
        if output.json { return print(try JSONText.render(given)) }
        print(
            given.map { "given up: the rebuild of \($0.left.joined(separator: ", "))" }
                ?? "there is no unfinished rebuild"
        )
    }

    private func pace() throws -> Int? {
        guard let bytesPerSecond else { return nil }
        guard let bytes = parseByteCount(bytesPerSecond), bytes > 0 else {
            throw CommandFailure(
                .usage,
                "--bytes-per-second \(bytesPerSecond) is not a size",
                hint: "write --bytes-per-second 20MB"
            )
        }
        return bytes
    }
}

extension Installation {
    /// Builds views again, by the daemon when one runs, and shows how it gets on.
    func rebuild(_ request: RebuildRequest) async throws -> ApplyReport {
        let client = controlClient
        guard client.isDaemonRunning else {
            if let unfinished = try rebuildLedger.read() { unfinished.announce(to: request, isRunning: false) }
            return try await reconcileAtRest(.rebuild(request))
        }
        let status = try? client.call("GET", "/status", as: Status.self)
        status?.rebuild?.announce(to: request, isRunning: true)
        var parameters: [String: String] = [:]
        if !request.views.isEmpty { parameters["views"] = request.views.joined(separator: ",") }
        if request.isRepair { parameters["repair"] = "yes" }
        if request.isRollback { parameters["rollback"] = "yes" }
        if let bytes = request.bytesPerSecond { parameters["bytes_per_second"] = "\(bytes)" }
        let path = "/rebuild?\(ControlClient.query(parameters))"
        return try await ProgressPrinter.whileDaemonWorks(client) {
            try client.call("POST", path, as: ApplyReport.self)
        }
    }

    /// Where a rebuild is noted until it is done.
    var rebuildLedger: RebuildLedger { RebuildLedger(directory: configuration.stateDirectory) }

    /// Gives up the rebuild that is not finished; nil when there is none.
    fileprivate func cancelRebuild() throws -> UnfinishedRebuild? {
        if controlClient.isDaemonRunning {
            return try controlClient.call("POST", "/rebuild?cancel=yes", as: UnfinishedRebuild?.self)
        }
        // Nobody else may be at it.
        let log = try openLog(.existing)
        defer { try? log.close() }
        let given = try? rebuildLedger.read()
        try rebuildLedger.remove()
        return given
    }
}

extension UnfinishedRebuild {
    /// Tells who asks for a rebuild what becomes of the one that is not finished.
    fileprivate func announce(to request: RebuildRequest, isRunning: Bool) {
        guard !left.isEmpty else { return }
        let views = left.joined(separator: ", ")
        let speed = bytesPerSecond.map { ", \(StatusText.bytes(Int64($0))) of log a second" } ?? ""
        if isRunning {
            guard isAsked(by: request) else { return }
            StandardError.write(
                "leftfold: the rebuild of \(views) from \(since)\(speed) is not finished: waiting for it\n"
            )
            return
        }
        var line = "leftfold: taking up the unfinished rebuild of \(views) from \(since)\(speed)"
        if !done.isEmpty { line += "; in place already: \(done.joined(separator: ", "))" }
        StandardError.write(line + "\n")
    }
}
