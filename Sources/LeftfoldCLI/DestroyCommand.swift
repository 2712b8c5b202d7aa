import ArgumentParser
import EventLog
import Foundation
import PostgresClient
import PostgresSource

/// `leftfold destroy`: takes back what `run` created.
struct DestroyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy",
        abstract: "Drop the replication slot and the publication; with --delete-data also log, state and views."
    )

    @OptionGroup var options: ConfigurationOptions

    @Flag(name: .long, help: "Do not ask.")
    var yes = false

    @Flag(
        name: .customLong("delete-data"),
        help: "Also delete the data folder, and the views in Postgres, Redis and OpenSearch stores."
    )
    var deletesData = false

    func run() async throws {
        let installation = Installation(try options.load())
        let configuration = installation.configuration
        guard !installation.controlClient.isDaemonRunning else {
            throw CommandFailure(
                .usage,
                "a daemon is running on \(configuration.socketPath)",
                hint: "stop it first, then: leftfold destroy"
            )
        }
        let stores = configuration.stores.filter { $0.kind != .sqlite }.map {
            ", the views in \($0.location) (\($0.name))"
        }
        let what =
            "this drops slot \(installation.postgres.slot) and publication \(installation.postgres.publication)"
            + (deletesData ? stores.joined() + " and deletes \(configuration.data)" : "")
        guard yes || Terminal.confirms(what) else {
            throw CommandFailure(.usage, what, hint: "confirm with: leftfold destroy --yes")
        }
        if deletesData { for sql in try installation.destroyStores() { print(sql) } }
        for sql in try installation.destroySource() { print(sql) }
        if deletesData, FileManager.default.fileExists(atPath: configuration.data) {
            try FileManager.default.removeItem(atPath: configuration.data)
            print("deleted \(configuration.data)")
        } else {
            print(
                "kept \(configuration.data); a new slot cannot go on from its log: delete it before the next 'leftfold run'"
            )
        }
    }
}
