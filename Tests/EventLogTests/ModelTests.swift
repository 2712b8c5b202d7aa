import EventLog
import Relational
import TestSupport
import Testing

@Suite struct ModelTests {
    @Test(arguments: UInt64(0)..<24)
    func `a log reads back what was appended, from any offset and over any reopening`(seed: UInt64) throws {
        let workload = LogWorkload(seed: seed, fileSystem: FaultyFileSystem())
        do {
            for _ in 0..<300 { try workload.step() }
            try workload.verify()
            try workload.log?.close()
            let check = try EventLog.check(directory: LogWorkload.directory, fileSystem: workload.fileSystem)
            #expect(check.isSound && check.tornByteCount == 0, "seed \(seed): \(check.faults)")
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }
}
