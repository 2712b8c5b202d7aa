import Testing

@testable import LeftfoldCLI

@Suite struct AppliedVersionsTests {
    private typealias Entry = AppliedVersions.Entry

    private func step(_ entry: Entry?, _ version: String, _ text: String, before: String?) -> [String?] {
        let next = Entry.next(after: entry, version: version, text: text, before: before)
        return [next.version, next.previous]
    }

    @Test func `a statement is the version before when text and version change`() {
        #expect(step(nil, "1", "A", before: nil) == ["1", nil])
        #expect(step(Entry(version: "1"), "2", "B", before: "A") == ["2", "A"])
        #expect(step(Entry(version: "2", previous: "A"), "3", "C", before: "B") == ["3", "B"])
    }

    @Test func `spaces, and what a view reads, make no version to go back to`() {
        let entry = Entry(version: "2", previous: "A")
        #expect(step(entry, "2", "B ", before: "B") == ["2", "A"])
        #expect(step(entry, "3", "B", before: "B") == ["3", "A"])
    }
}
