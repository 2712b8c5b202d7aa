import Relational
import TestSupport
import Testing

@testable import EventLog

@Suite struct FormatPageTests {
    @Test(arguments: UInt64(100)..<106)
    func `a reader written from the format page reads what the log delivers`(seed: UInt64) throws {
        let fileSystem = FaultyFileSystem()
        let workload = LogWorkload(seed: seed, fileSystem: fileSystem)
        for _ in 0..<200 { try workload.step() }
        try workload.log?.flush()
        let delivered = try #require(try workload.log?.delivered())
        let directory = LogWorkload.directory
        let page = try PageReader(manifest: try #require(fileSystem.contents("\(directory)/MANIFEST")))
        var pending: [UInt64: [PageReader.Frame]] = [:]
        var found: [PageReader.Frame] = []
        for path in fileSystem.paths where path.hasSuffix(".seg") {
            for frame in page.frames(fileSystem.contents(path) ?? []) {
                if frame.kind == 2 || frame.kind == 3 {
                    pending[frame.group, default: []].append(frame)
                } else {
                    found += (frame.group == 0 ? [] : pending.removeValue(forKey: frame.group) ?? []) + [frame]
                }
            }
        }
        #expect(found.map(\.first) == delivered.map(\.first.rawValue), "seed \(seed)")
        #expect(found.map(\.kind) == delivered.map(\.kind.rawValue), "seed \(seed)")
        #expect(found.map(\.lsn) == delivered.map(\.lsn), "seed \(seed)")
        #expect(found.map(\.serials) == delivered.map(\.serials), "seed \(seed)")
    }

    @Test(arguments: UInt64(0)..<12)
    func `a compacted log reads from the format page alone`(seed: UInt64) throws {
        let history = try CompactionHistory(seed: seed, segmentByteTarget: [400, 1500, 6000][Int(seed % 3)])
        try history.run(steps: 250)
        var options = CompactionOptions(now: 1 << 60)
        options.isForced = true
        options.minAge = 0
        for _ in 0..<2 {
            try history.log.compact(options)
            try history.run(steps: 40)
        }
        try history.log.flush()
        var delivered: [Int64: UInt32] = [:]
        var reader = try LogReader(history.log, from: .zero)
        while let frame = try reader.next() {
            for (index, record) in frame.records.enumerated() {
                delivered[frame.offset(of: record, at: index).rawValue] = PageReader.fingerprint(
                    Array(record.bytes)[...]
                )
            }
        }
        let page = try PageReader(manifest: try #require(history.fileSystem.contents(Self.path("MANIFEST"))))
        #expect(page.segments.count > 0 && page.horizon > 0, "nothing was compacted")
        let names = history.fileSystem.paths.compactMap { $0.split(separator: "/").last.map(String.init) }
        let found = try page.records(among: names) { history.fileSystem.contents(Self.path($0)) }
        #expect(found == delivered, "seed \(seed)")
    }

    private static func path(_ name: String) -> String { "\(CompactionHistory.directory)/\(name)" }
}
