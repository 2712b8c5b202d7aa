import ArgumentParser
import Foundation
import LocalPostgres
import ServiceLifecycle
import ShopExample

/// `leftfold demo`: a throwaway server, a shop, and three views that follow it.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Watch three views follow a throwaway Postgres; Ctrl-C leaves nothing behind.",
        discussion: "Starts a server of its own in a temporary folder; never touches another one."
    )

    @Option(name: .long, help: "Orders a second.")
    var rate = 40

    @Option(name: .long, help: "Stop after this many seconds instead of at Ctrl-C.")
    var seconds: Int?

    func run() async throws {
        guard (1...1000).contains(rate) else {
            throw CommandFailure(.usage, "--rate \(rate) is not between 1 and 1000", hint: "write 40")
        }
        StandardError.write("starting a throwaway Postgres and filling the shop …\n")
        let server: ThrowawayPostgres
        do {
            server = try ThrowawayPostgres()
        } catch {
            throw CommandFailure(
                .cannotReachServer,
                error.message,
                detail: error.detail,
                hint: error.hint ?? "scripts/bootstrap"
            )
        }
        defer { server.close() }
        try server.execute("CREATE DATABASE shop")
        try server.execute(ShopExample.schema, database: "shop")
        try server.execute(ShopExample.seed, database: "shop")
        let folder = try DemoFolder(databaseURL: server.url(database: "shop"))
        defer { folder.remove() }
        let installation = Installation(try Configuration.load(path: folder.configurationPath))
        let traffic = DemoTraffic(url: server.url(database: "shop"), rate: rate)
        let screen = DemoScreen(databasePath: folder.path + "/data/views.db", redraws: isatty(1) == 1)
        let show = DemoShow(
            screen: screen,
            traffic: traffic,
            folder: folder,
            duration: seconds.map { .seconds($0) }
        )
        try await DaemonRun(installation: installation, limit: nil, createsMissing: true, appliesViews: true)
            .run(beside: [show])
        print("\nThe demo's server and files are gone. With your own database:\n")
        print("  leftfold init --url postgresql://…      writes leftfold.yaml and an example view")
        print("  leftfold doctor                         says what the server still needs")
        print("  leftfold run                            follows it\n")
    }
}

/// The demo's configuration and views, in a folder that goes with it.
struct DemoFolder: Sendable {
    let path: String

    init(databaseURL: String) throws {
        var template = Array("\(NSTemporaryDirectory())leftfold-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(.dataError, "no folder can be made in \(NSTemporaryDirectory())", hint: "set TMPDIR")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try FileManager.default.createDirectory(atPath: path + "/views", withIntermediateDirectories: true)
        let yaml = """
            source:
              postgres:
                url: "\(databaseURL)"
                slot: leftfold_demo
                publication: leftfold_demo
                tables: [public.customers, public.products, public.orders]
            data: ./data
            views: ./views

            """
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: configurationPath))
        for view in ShopExample.views {
            try Data(view.sql.utf8).write(to: URL(fileURLWithPath: path + "/views/" + view.name))
        }
    }

    var configurationPath: String { path + "/leftfold.yaml" }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
