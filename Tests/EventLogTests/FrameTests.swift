import Relational
import TestSupport
import Testing

@testable import EventLog

@Suite struct FrameTests {
    private static let seed = Checksum.seed(LogID(high: 1, low: 2))

    private static func encoded(_ frame: StoredFrame) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { place in
            if let base = place.baseAddress { frame.encode(into: base, seed: seed) }
            return Array(place)
        }
    }

    private static func decoded(_ bytes: [UInt8], seed: UInt32 = seed) throws(LogError) -> StoredFrame? {
        let outcome: Result<StoredFrame?, LogError> = bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return .success(nil) }
            do throws(LogError) {
                return .success(try StoredFrame.decode(base, seed: seed, place: LogError.Place(path: "p")))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private static func sample(_ kind: FrameKind, count: Int = 0, group: GroupID = .none, byteCount: Int = 64)
        -> StoredFrame
    {
        StoredFrame(
            header: FrameHeader(
                kind: kind,
                recordCount: count,
                firstOffset: Offset(0x0102_0304_0506),
                transaction: TransactionHeader(
                    xid: 0xA1A2_A3A4,
                    commitEnd: SourcePosition(timeline: 0xB1B2_B3B4, lsn: LSN(0xC1C2_C3C4_C5C6_C7C8)),
                    commitTime: -2
                ),
                group: group
            ),
            byteCount: byteCount,
            payloadChecksum: 0xD1D2_D3D4,
            synced: Offset(0x0102_0304_0500)
        )
    }

    @Test func `a header has the bytes that the format page shows`() {
        let bytes = Self.encoded(Self.sample(.part, count: 2, group: GroupID(9), byteCount: 128))
        #expect(
            bytes[4...] == [
                0xD4, 0xD3, 0xD2, 0xD1, 128, 0, 0, 0, 2, 1, 0, 0, 2, 0, 0, 0, 0xB4, 0xB3, 0xB2, 0xB1,
                0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 0, 0, 0xC8, 0xC7, 0xC6, 0xC5, 0xC4, 0xC3, 0xC2, 0xC1,
                0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 9, 0, 0, 0, 0, 0, 0, 0,
                0xA4, 0xA3, 0xA2, 0xA1, 6, 0, 0, 0,
            ]
        )
        #expect(bytes.littleEndian(at: 0, as: UInt32.self) == Array(bytes[4...]).checksum(seed: Self.seed))
    }

    @Test(arguments: FrameKind.allCases)
    func `every kind survives encoding and decoding`(kind: FrameKind) throws {
        let group: GroupID = kind.isGroupMember || kind == .snapshotComplete ? GroupID(3) : .none
        let frame = Self.sample(kind, count: kind.hasRecords ? 3 : 0, group: group, byteCount: 160)
        let back = try #require(try Self.decoded(Self.encoded(frame)))
        #expect(back.header == frame.header && back.byteCount == 160 && back.synced == frame.synced)
        #expect(back.payloadChecksum == frame.payloadChecksum)
    }

    @Test func `a header under another log's seed is no header`() throws {
        let bytes = Self.encoded(Self.sample(.commit))
        #expect(try Self.decoded(bytes, seed: Checksum.seed(LogID(high: 1, low: 3))) == nil)
    }

    @Test func `an unknown kind or format with a right checksum is a newer format`() {
        for (position, value) in [(12, UInt8(10)), (12, 0), (13, 3), (13, 0)] {
            var bytes = Self.encoded(Self.sample(.commit))
            bytes[position] = value
            bytes.store(Array(bytes[4...]).checksum(seed: Self.seed).littleEndian, at: 0)
            #expect(#expect(throws: LogError.self) { try Self.decoded(bytes) }?.code == .newerFormat)
        }
    }

    @Test func `a header that breaks a rule is corrupt though its checksum is right`() {
        let broken = [
            Self.sample(.commit, byteCount: 60), Self.sample(.commit, byteCount: 68), Self.sample(.commit, count: 1),
            Self.sample(.position, count: 1, byteCount: 160), Self.sample(.part), Self.sample(.snapshotComplete),
        ]
        for frame in broken {
            #expect(#expect(throws: LogError.self) { try Self.decoded(Self.encoded(frame)) }?.code == .corrupt)
        }
    }

    @Test(arguments: UInt64(0)..<4)
    func `any bytes decode to a header, to nothing or to a typed error`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            var bytes = Self.encoded(Self.sample(.commit, count: 1, byteCount: 160))
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 4..<64, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.store(Array(bytes[4...]).checksum(seed: Self.seed).littleEndian, at: 0)
            do throws(LogError) {
                guard let frame = try Self.decoded(bytes) else {
                    Issue.record("seed \(seed): the checksum was right")
                    continue
                }
                #expect(frame.byteCount >= 64 && frame.header.endOffset > frame.header.firstOffset)
            } catch {
                #expect([.corrupt, .newerFormat].contains(error.code))
            }
        }
    }

    @Test func `every prefix of a valid frame is damage, and the whole frame is not`() throws {
        let fileSystem = FaultyFileSystem()
        var slab = SampleRecords.slab(serials: 0..<3, schema: SchemaID(0))
        var frame = Self.sample(.commit, count: 3, byteCount: 64 + slab.count)
        frame.payloadChecksum = Checksum.crc32c(slab.bytes, seed: Self.seed)
        let bytes = [UInt8](repeating: 0, count: 64) + Self.encoded(frame) + Array(slab.bytes)
        slab.removeAll()
        for count in 64...bytes.count {
            fileSystem.setContents("/f", Array(bytes[..<count]))
            var cursor = FrameCursor(
                try fileSystem.open("/f", .read),
                path: "/f",
                first: frame.header.firstOffset,
                seed: Self.seed,
                limit: Int64(count)
            )
            switch try cursor.peek() {
            case .end: #expect(count == 64)
            case .damaged: #expect(count > 64 && count < bytes.count)
            case .frame(let found):
                #expect(count == bytes.count)
                #expect(try cursor.payload(of: found) != nil)
            }
        }
    }

    @Test func `payloads of lists and schemas reject what is cut off`() throws {
        var slab = ByteSlab()
        RelationListPayload.encode([RelationID(1), RelationID(2), RelationID(3)], into: &slab)
        #expect(RelationListPayload.decode(slab.bytes) == [RelationID(1), RelationID(2), RelationID(3)])
        for count in 0..<slab.count {
            #expect(RelationListPayload.decode(UnsafeRawBufferPointer(rebasing: slab.bytes[..<count])) == nil)
        }
        slab.removeAll()
        try SchemaPayload.encode(id: SchemaID(4), schema: SampleRecords.schema(version: 2), into: &slab)
        #expect(SchemaPayload.decode(slab.bytes)?.schema == SampleRecords.schema(version: 2))
        for count in 0..<slab.count - 8 {
            #expect(SchemaPayload.decode(UnsafeRawBufferPointer(rebasing: slab.bytes[..<count])) == nil)
        }
    }

    /// The JSON is part of the log's format: a renamed member of a schema type would make old logs unreadable.
    @Test func `a schema frame holds the JSON that it has always held`() throws {
        var schema = SampleRecords.schema()
        schema.columns = [
            Column(
                name: "label",
                attributeNumber: 2,
                type: ScalarType(oid: .varchar, typmod: 14, name: "character varying(10)", collation: .c),
                isNotNull: true,
                missingValue: "x"
            )
        ]
        schema.uniqueKeys = [[0]]
        schema.rewrite = "type changed"
        let json = """
            {"columns":[{"attributeNumber":2,"isNotNull":true,"missingValue":"x","name":"label","type":{"collation":\
            {"isByteOrder":true,"name":"C"},"name":"character varying(10)","oid":{"rawValue":1043},"typmod":14}}],\
            "identityColumns":[0],"name":{"name":"t16400","schema":"public"},"primaryKey":[0],"relation":16400,\
            "replicaIdentity":"d","rewrite":"type changed","uniqueKeys":[[0]]}
            """
        var slab = ByteSlab()
        try SchemaPayload.encode(id: SchemaID(3), schema: schema, into: &slab)
        #expect(String(decoding: slab.bytes[8..<8 + json.utf8.count], as: UTF8.self) == json)
        #expect(SchemaPayload.decode(slab.bytes)?.schema == schema)
    }
}
