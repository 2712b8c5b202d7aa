import Foundation
import Testing

@testable import ViewSQL

@Suite struct SQLDocumentationTests {
    private let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/sql.md")
        .standardized

    @Test func `docs/sql.md is what the compiler's tables say`() throws {
        let expected = SQLDocumentation.markdown()
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
            try FileManager.default.createDirectory(
                at: page.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(expected.utf8).write(to: page)
        }
        let actual = try String(contentsOf: page, encoding: .utf8)
        #expect(actual == expected, "run UPDATE_DOCS=1 swift test --filter SQLDocumentationTests")
    }

    @Test(arguments: SupportedConstruct.all.map(\.example))
    func `every construct with a tick compiles`(example: String) {
        #expect(throws: Never.self) { try Fixture.compiler.compile(example, file: "v.sql") }
    }

    @Test(arguments: RefusedConstruct.allCases)
    func `every construct with a cross is refused by its own words, with its place`(construct: RefusedConstruct) {
        let entry = construct.entry
        let error = #expect(throws: ViewSQLError.self) { try Fixture.compiler.compile(entry.example, file: "v.sql") }
        #expect(error?.message == entry.message)
        #expect(error?.code == .notSupported)
        #expect(error?.hint != nil)
        #expect(error?.line != nil)
    }
}
