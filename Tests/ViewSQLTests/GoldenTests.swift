import Foundation
import Testing
import ViewPlan
import ViewSQL

/// `Golden/*.sql`: cases of SQL, a line `----`, and the plan or the error; between cases a line `====`.
///
/// `UPDATE_GOLDEN=1` rewrites the expectations.
@Suite struct GoldenTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    static let files: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []).filter { $0.hasSuffix(".sql") }
        .sorted()

    @Test func `there are golden files`() { #expect(Self.files.count >= 8) }

    @Test(arguments: files)
    func `every statement has the plan or the error of its golden file`(file: String) throws {
        let url = Self.folder.appending(path: file)
        let text = try String(contentsOf: url, encoding: .utf8)
        let cases = text.split(separator: "\n====\n", omittingEmptySubsequences: false).map { part in
            part.split(separator: "\n----\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        }
        var actual: [String] = []
        for (index, parts) in cases.enumerated() {
            let sql = parts[0].hasSuffix("\n----") ? String(parts[0].dropLast(5)) : parts[0]
            let outcome = Self.outcome(sql)
            actual.append(sql + "\n----\n" + outcome)
            if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == nil {
                let expected = parts.count > 1 ? parts[1] : ""
                #expect(outcome == expected || outcome + "\n" == expected, "case \(index + 1) of \(file): \(sql)")
            }
        }
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try Data((actual.joined(separator: "\n====\n") + "\n").utf8).write(to: url)
        }
    }

    /// Statements may read the views of the shop and of pgbench.
    static let views: [ViewDefinition] = Examples.views

    static func outcome(_ sql: String) -> String {
        let compiler = ViewCompiler(relations: Fixture.relations, views: views)
        do {
            var text = Explain.text(try compiler.compile(sql, file: "view.sql"))
            while text.hasSuffix("\n") { text.removeLast() }
            return text
        } catch {
            return error.description + "\nSQLSTATE: " + error.code.rawValue
        }
    }
}
