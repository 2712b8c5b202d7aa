import ArgumentParser
import Foundation
import Testing

@testable import LeftfoldCLI

private let file = """
    source: { postgres: { url: "postgres://file/d", slot: from_file, tables: [from_file] } }
    data: ./from_file
    """

private func failure(_ body: () throws(ConfigurationError) -> Configuration) -> ConfigurationError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

@Suite struct ConfigurationLoadTests {
    @Test func `flags win over the environment and the environment over the file`() throws {
        let scratch = try Scratch()
        try scratch.write(file)
        let configuration = try Configuration.load(
            flags: [.sourcePostgresSlot: "from_flag"],
            environment: [
                "LEFTFOLD_SOURCE_POSTGRES_SLOT": "from_environment", "LEFTFOLD_DATA": "from_environment",
                "LEFTFOLD_SOURCE_POSTGRES_TABLES": "a, b.c",
            ],
            workingDirectory: scratch.path
        )
        #expect(postgres(configuration).url == "postgres://file/d")
        #expect(postgres(configuration).slot == "from_flag")
        #expect(postgres(configuration).tables.map(\.description) == ["public.a", "b.c"])
        #expect(configuration.data == scratch.path + "/from_environment")
    }

    @Test(arguments: ConfigurationKey.allCases)
    func `every setting is the same in the file, the environment and as a flag`(key: ConfigurationKey) throws {
        let values: [ConfigurationKey: String] = [
            .compactionBytesPerSecond: "9MB", .compactionKeyMap: "9MB", .compactionMaxLag: "9h",
            .compactionMinLag: "9s",
            .compactionTombstonesMaxBytes: "9GB", .compactionTombstonesMaxHold: "9d",
            .compactionTombstonesMinAge: "9min", .data: "d", .httpListen: "127.0.0.1:1", .httpToken: "t",
            .memoryBudget: "2GB", .retentionDefault: "keep",
            .sourcePostgresPublication: "p", .sourcePostgresSlot: "s", .sourcePostgresTables: "t",
            .sourcePostgresURL: "postgres://u", .stateCheckpoint: "7s", .stateDisk: "7GB", .storesMainSQLite: "m",
            .verifyEvery: "2h", .verifySample: "3%",
            .views: "v", .workers: "7",
        ]
        let value = try #require(values[key])
        // What else a section needs.
        let base = """
            source: {postgres: {url: "postgres://file/d", tables: [a]}}
            \(key.path[0] == "http" ? "http: {listen: '127.0.0.1:9'}" : "")
            \(key.path[0] == "verify" ? "verify: {every: 9h}" : "")
            """
        func load(flags: [ConfigurationKey: String] = [:], environment: [String: String] = [:]) throws -> Configuration
        {
            let scratch = try Scratch()
            try scratch.write(base)
            let path = scratch.path + "/leftfold.yaml"
            var configuration = try Configuration.load(
                path: path,
                flags: flags,
                environment: environment,
                workingDirectory: "/",
                support: .everything
            )
            configuration = relocated(configuration, from: scratch.path)
            return configuration
        }
        func inFile() throws -> Configuration {
            var root = try ConfigurationNode.parse(yaml: base, path: "f", environment: [:])
            let node = ConfigurationNode(.scalar(value), at: .file("f"))
            root.override(key.path[...], with: key.isList ? ConfigurationNode(.list([node]), at: .file("f")) : node)
            var reader = ConfigurationReader(directory: "/here", home: nil, support: .everything)
            return try reader.read(root)
        }
        let expected = try inFile()
        #expect(try expected != load(), "the value must differ from the default")
        #expect(try load(flags: [key: value]) == expected)
        #expect(try load(environment: [key.environmentName: value]) == expected)
    }

    /// The same configuration as if its file were in `/here`.
    private func relocated(_ configuration: Configuration, from folder: String) -> Configuration {
        func move(_ path: String) -> String { path.replacing(folder, with: "/here") }
        var result = configuration
        result.data = move(result.data)
        result.views = move(result.views)
        for index in result.stores.indices {
            if case .sqlite(let path) = result.stores[index].target {
                result.stores[index].target = .sqlite(path: move(path))
            }
        }
        return result
    }

    @Test func `every setting has its flag on the command line`() throws {
        let arguments = ConfigurationKey.allCases.flatMap { [$0.flag, "value of \($0.rawValue)"] }
        let options = try ConfigurationOptions.parse(arguments + ["--config", "c.yaml"])
        #expect(options.config == "c.yaml")
        for key in ConfigurationKey.allCases { #expect(options.flags[key] == "value of \(key.rawValue)") }
        #expect(try ConfigurationOptions.parse([]).flags.isEmpty)
    }

    @Test func `relative paths count from the file's folder, not the working one`() throws {
        let scratch = try Scratch()
        try scratch.write(file)
        let configuration = try Configuration.load(
            path: scratch.path + "/leftfold.yaml",
            environment: [:],
            workingDirectory: "/somewhere/else"
        )
        #expect(configuration.data == scratch.path + "/from_file")
        #expect(configuration.views == scratch.path + "/views")
    }

    @Test func `a file is not needed when the environment names the source`() throws {
        let scratch = try Scratch()
        let configuration = try Configuration.load(
            environment: ["LEFTFOLD_SOURCE_POSTGRES_URL": "postgres://h/d", "LEFTFOLD_SOURCE_POSTGRES_TABLES": "t"],
            workingDirectory: scratch.path
        )
        #expect(configuration.data == scratch.path + "/data")
    }

    @Test func `a missing file says how to make one`() throws {
        let scratch = try Scratch()
        let byDefault = try #require(
            failure { () throws(ConfigurationError) in
                try Configuration.load(environment: [:], workingDirectory: scratch.path)
            }
        )
        #expect(byDefault.description == "./leftfold.yaml: no such file\nnext: leftfold init")
        let named = try #require(
            failure { () throws(ConfigurationError) in
                try Configuration.load(
                    path: "x.yaml",
                    environment: ["LEFTFOLD_SOURCE_POSTGRES_URL": "postgres://h/d"],
                    workingDirectory: scratch.path
                )
            }
        )
        #expect(named.problems.map(\.description) == ["x.yaml: no such file"])
    }

    @Test func `a misspelt variable is refused, one of the tests is not`() throws {
        let scratch = try Scratch()
        try scratch.write(file)
        let error = try #require(
            failure { () throws(ConfigurationError) in
                try Configuration.load(
                    environment: ["LEFTFOLD_SOURCE_POSTGRES_ULR": "x", "LEFTFOLD_TEST_SEED": "7"],
                    workingDirectory: scratch.path
                )
            }
        )
        #expect(
            error.problems.map(\.description) == [
                "environment variable LEFTFOLD_SOURCE_POSTGRES_ULR: sets nothing that Leftfold knows; "
                    + "did you mean \"LEFTFOLD_SOURCE_POSTGRES_URL\"?"
            ]
        )
    }

    @Test func `a bad override is blamed on the variable or the flag`() throws {
        let scratch = try Scratch()
        try scratch.write(file)
        let error = try #require(
            failure { () throws(ConfigurationError) in
                try Configuration.load(
                    flags: [.sourcePostgresTables: "a,,b"],
                    environment: ["LEFTFOLD_SOURCE_POSTGRES_SLOT": "Big"],
                    workingDirectory: scratch.path
                )
            }
        )
        #expect(
            error.problems.map(\.place) == [
                .environment("LEFTFOLD_SOURCE_POSTGRES_SLOT"), .flag("--source-postgres-tables"),
            ]
        )
        #expect(ConfigurationError.exitCode == 2)
    }

    @Test func `an empty override is no value, not the file's`() throws {
        let scratch = try Scratch()
        try scratch.write(file)
        let error = try #require(
            failure { () throws(ConfigurationError) in
                try Configuration.load(environment: ["LEFTFOLD_DATA": ""], workingDirectory: scratch.path)
            }
        )
        #expect(error.problems.map(\.place) == [.environment("LEFTFOLD_DATA")])
    }

    @Test func `a folder or bytes that are no text are refused`() throws {
        let scratch = try Scratch()
        let folder = failure { () throws(ConfigurationError) in
            try Configuration.load(path: scratch.path, environment: [:], workingDirectory: "/")
        }
        #expect(folder?.problems.first?.message == "a folder, not a file")
        try Data([0x61, 0x3A, 0xFF, 0xFE]).write(to: URL(fileURLWithPath: scratch.path + "/leftfold.yaml"))
        let bytes = failure { () throws(ConfigurationError) in
            try Configuration.load(environment: [:], workingDirectory: scratch.path)
        }
        #expect(bytes?.problems.first?.message == "not valid UTF-8")
    }

    @Test(arguments: [
        ("slot", "slot", 0), ("solt", "slot", 1), ("", "abc", 3), ("url", "ulr", 1), ("views", "vews", 1),
    ])
    func `the distance of two words counts edits`(left: String, right: String, distance: Int) {
        #expect(editDistance(left, right) == distance)
        #expect(editDistance(right, left) == distance)
    }
}

@Suite struct InitCommandTests {
    @Test(arguments: [nil, "postgres://ada:p\"\\\u{1}${x}@h/d", "host=/tmp dbname='a b'"])
    func `what init writes is a valid configuration`(url: String?) throws {
        let scratch = try Scratch()
        var command = try InitCommand.parse(["--tables", "public.orders, sales.\"Odd \"\"Name\""])
        command.url = url
        let written = try command.write(workingDirectory: scratch.path)
        #expect(written == ["./leftfold.yaml", "./views/example.sql"])
        let configuration = try Configuration.load(
            environment: ["DATABASE_URL": "postgres://from/environment"],
            workingDirectory: scratch.path
        )
        #expect(postgres(configuration).url == url ?? "postgres://from/environment")
        #expect(postgres(configuration).tables.map(\.description) == ["public.orders", "sales.\"Odd \"\"Name\""])
        #expect(configuration.views == scratch.path + "/views")
        #expect(try scratch.read("views/example.sql").contains("FROM public.orders;"))
    }

    @Test func `a file with a connection string is for its owner alone`() throws {
        let scratch = try Scratch()
        _ = try InitCommand.parse(["--url", "postgres://a:b@h/d"]).write(workingDirectory: scratch.path)
        let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path + "/leftfold.yaml")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `nothing is overwritten without force, and nothing is written beside it`() throws {
        let scratch = try Scratch()
        try scratch.write("mine")
        let command = try InitCommand.parse([])
        #expect(throws: ConfigurationError.self) { try command.write(workingDirectory: scratch.path) }
        #expect(try scratch.read("leftfold.yaml") == "mine")
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/views"))
        _ = try InitCommand.parse(["--force"]).write(workingDirectory: scratch.path)
        #expect(try scratch.read("leftfold.yaml") != "mine")
    }

    @Test func `the views folder goes beside the file`() throws {
        let scratch = try Scratch()
        let written = try InitCommand.parse(["--config", "deep/er/l.yaml"]).write(workingDirectory: scratch.path)
        #expect(written == ["deep/er/l.yaml", "deep/er/views/example.sql"])
        #expect(FileManager.default.fileExists(atPath: scratch.path + "/deep/er/views/example.sql"))
    }

    @Test func `a bad table name writes nothing`() throws {
        let scratch = try Scratch()
        let command = try InitCommand.parse(["--tables", "a b"])
        #expect(throws: ConfigurationError.self) { try command.write(workingDirectory: scratch.path) }
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/leftfold.yaml"))
    }
}
