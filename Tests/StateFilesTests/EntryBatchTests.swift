import StateFiles
import Testing

@Suite("Entry batches")
struct EntryBatchTests {
    @Test func `A batch counts what it was given`() {
        var batch = EntryBatch()
        let key: [UInt8] = [1, 2, 3]
        key.withUnsafeBytes { batch.append(key: $0, payload: $0, weight: 1) }
        #expect(batch.count == 1)
        #expect(batch.byteCount > 0)
    }
}
