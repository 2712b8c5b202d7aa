import Testing
import ViewMaintenance

@testable import LeftfoldCLI

@Suite struct StatusTextTests {
    private static func status(_ memory: Status.Memory?) -> String {
        var status = Status(
            version: "9",
            source: .init(kind: "postgres", state: "streaming", slot: "s", publication: "p"),
            log: .init(id: "x", firstOffset: 0, nextOffset: 5, horizon: 0, bytes: 100, segments: 1, durableLsn: "0/20"),
            stores: [:],
            views: []
        )
        status.memory = memory
        return StatusText.render(status)
    }

    @Test func `whoever holds memory is named, in two lines at most`() {
        let memory = Status.Memory(
            budget: 64 << 20,
            holders: [
                .init("state", bytes: 3 << 20, limit: 8 << 20), .init("blocks", bytes: 0, limit: 1 << 20),
                .init("unwritten", bytes: 1 << 20),
            ]
        )
        let lines = Self.status(memory).split(separator: "\n").map(String.init)
        #expect(lines.contains("memory   4 MB held, budget 64 MB"), "\(lines)")
        #expect(lines.contains("         state 3 MB of 8 MB, unwritten 1 MB"), "\(lines)")
        #expect(!Self.status(nil).contains("memory"))
    }
}
