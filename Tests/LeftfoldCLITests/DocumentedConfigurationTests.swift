import Foundation
import Testing

@testable import LeftfoldCLI

/// What the documentation and the examples tell people to write.
@Suite struct DocumentedConfigurationTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    @Test(arguments: ["examples/shop", "examples/pgbench", "Benchmarks"])
    func `every leftfold.yaml of the repository is valid`(folder: String) throws {
        let configuration = try Configuration.load(
            path: "\(Self.root)/\(folder)/leftfold.yaml",
            environment: ["DATABASE_URL": "postgres://h/d"],
            workingDirectory: "/"
        )
        let views = try FileManager.default.contentsOfDirectory(atPath: configuration.views)
        #expect(views.contains { $0.hasSuffix(".sql") })
    }

    @Test func `the configuration in the README is valid`() throws {
        let readme = try String(contentsOfFile: Self.root + "/README.md", encoding: .utf8)
        let block = readme.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { $0 != "    source:" }
            .prefix { $0.hasPrefix("    ") }
            .map { $0.dropFirst(4) }
            .joined(separator: "\n")
        try #require(!block.isEmpty, "the README shows a configuration")
        let root = try ConfigurationNode.parse(
            yaml: block,
            path: "README.md",
            environment: ["DATABASE_URL": "postgres://h/d"]
        )
        var reader = ConfigurationReader(directory: "/", home: nil, support: .current)
        _ = try reader.read(root)
    }
}
