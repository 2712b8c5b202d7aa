import Relational
import TestSupport
import Testing

@testable import PostgresSource

@Suite struct AckableTests {
    /// A model server and log: commits are received, become durable in order, and keepalives come whenever they like.
    @Test(arguments: UInt64(0)..<50)
    func `no position passes a commit that is not durable, and an idle server's position is reached`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (sent, keepaliveEnd, durable) = (UInt64(100), LSN(100), LSN(100))
        var received: [LSN] = []
        var isOpen = false
        for _ in 0..<500 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0: isOpen = true
            case 1:
                if isOpen {
                    sent += UInt64.random(in: 1...50, using: &random)
                    received.append(LSN(sent))
                    keepaliveEnd = LSN(sent)
                    isOpen = false
                }
            case 2:
                // A keepalive inside a transaction is not taken.
                if !isOpen {
                    sent += UInt64.random(in: 0...50, using: &random)
                    keepaliveEnd = max(keepaliveEnd, LSN(sent))
                }
            case 3: if !received.isEmpty { durable = max(durable, received.removeFirst()) }
            default: break
            }
            let position = ackable(durable: durable, inFlight: isOpen || !received.isEmpty, keepaliveEnd: keepaliveEnd)
            #expect(position >= durable)
            for commit in received { #expect(position < commit, "seed \(seed)") }
            if received.isEmpty, !isOpen { #expect(position == max(durable, keepaliveEnd)) }
            if isOpen { #expect(position == durable) }
        }
    }
}

@Suite struct GearTests {
    /// Streams for a while from a server whose rate depends on how it is read; gives the wait that was used most.
    private func settled(_ bytesPerMicrosecond: (Gear.Wait) -> Double) -> Gear.Wait? {
        var gear = Gear()
        var wait = Gear.Wait.block
        var uses: [(wait: Gear.Wait, microseconds: Int)] = []
        for _ in 0..<100_000 {
            let microseconds: Int
            switch wait {
            case .none: microseconds = 5
            case .block: microseconds = 20
            case .nap(let nap): microseconds = Int(nap) + 60
            }
            let used = wait
            let byteCount = Int(bytesPerMicrosecond(wait) * Double(microseconds))
            wait = gear.next(
                messageCount: max(5, byteCount / 150),
                byteCount: min(byteCount, 8000),
                elapsed: .microseconds(microseconds)
            )
            uses.append((used, microseconds))
        }
        let total = Dictionary(grouping: uses) { "\($0.wait)" }.mapValues { $0.reduce(0) { $0 + $1.microseconds } }
        return uses.map(\.wait).first { "\($0)" == total.max { $0.value < $1.value }?.key }
    }

    @Test func `while behind, the wait that brings most is kept`() {
        for best in Gear.candidates { #expect(settled { $0 == best ? 20 : 10 } == best) }
    }

    @Test func `commits that come one at a time never wait for a nap`() {
        var gear = Gear()
        for _ in 0..<1000 { #expect(gear.next(messageCount: 4, byteCount: 400, elapsed: .microseconds(500)) == .block) }
    }

    @Test func `silence goes back to blocking`() {
        var gear = Gear()
        for _ in 0..<100_000 { _ = gear.next(messageCount: 50, byteCount: 4000, elapsed: .microseconds(100)) }
        for _ in 0..<4 { _ = gear.next(messageCount: 0, byteCount: 0, elapsed: .milliseconds(3)) }
        for _ in 0..<100 { #expect(gear.next(messageCount: 1, byteCount: 100, elapsed: .milliseconds(1)) == .block) }
    }

    @Test func `a full read is followed by another at once`() {
        var gear = Gear()
        #expect(gear.next(messageCount: 90, byteCount: 16000, elapsed: .microseconds(10)) == .none)
    }
}

@Suite struct BackoffTests {
    @Test func `pauses grow to thirty seconds, are never shorter than half, and begin anew`() {
        var random = SeededGenerator(seed: 4)
        var backoff = Backoff()
        var full = Duration.milliseconds(100)
        for _ in 0..<20 {
            let pause = backoff.pause(using: &random)
            #expect(pause >= full / 2 && pause <= full)
            full = min(full * 2, .seconds(30))
        }
        backoff.reset()
        #expect(backoff.pause(using: &random) <= .milliseconds(100))
    }
}

@Suite struct StartDecisionTests {
    private func situation(durable: UInt64?, slot: UInt64?, hasSchemas: Bool = true) -> StartDecision.Situation {
        StartDecision.Situation(
            slotName: "s",
            database: "d",
            durable: durable.map { SourcePosition(timeline: 1, lsn: LSN($0)) } ?? .none,
            hasSchemas: hasSchemas,
            slot: slot.map { SlotState(plugin: "pgoutput", database: "d", confirmedFlush: LSN($0)) },
            timeline: 1,
            serverEnd: LSN(1000)
        )
    }

    private func code(_ situation: StartDecision.Situation) -> SourceError.Code? {
        do throws(SourceError) {
            _ = try StartDecision(situation)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `the table of starts holds`() throws {
        #expect(try StartDecision(situation(durable: nil, slot: nil, hasSchemas: false)) == .snapshot)
        #expect(try StartDecision(situation(durable: nil, slot: nil)) == .snapshot)
        #expect(try StartDecision(situation(durable: nil, slot: 5)) == .snapshotAgain)
        #expect(code(situation(durable: nil, slot: 5, hasSchemas: false)) == .slotNotOurs)
        #expect(try StartDecision(situation(durable: 9, slot: 9)) == .stream)
        #expect(try StartDecision(situation(durable: 9, slot: 5)) == .stream)
        #expect(code(situation(durable: 9, slot: 10)) == .gapSlotAhead)
        #expect(code(situation(durable: 9, slot: nil)) == .gapSlotMissing)
        #expect(code(situation(durable: 2000, slot: 9)) == .serverBehindLog)
        var lost = situation(durable: 9, slot: 9)
        lost.slot?.walStatus = "lost"
        #expect(code(lost) == .gapSlotLost)
        var promoted = situation(durable: 9, slot: 9)
        promoted.timeline = 2
        #expect(code(promoted) == .timelineChanged)
        var other = situation(durable: 9, slot: 9)
        other.slot?.database = "other"
        #expect(code(other) == .slotNotOurs)
        var busy = situation(durable: 9, slot: 9)
        busy.slot?.activeProcessID = 77
        #expect(try StartDecision(busy) == .wait(processID: 77))
    }
}

@Suite struct SchemaResolverTests {
    private func attribute(_ number: Int16, _ name: String, _ type: ScalarType = .int4, dropped: Bool = false)
        -> CatalogRelation.Attribute
    {
        var attribute = CatalogRelation.Attribute(
            number: number,
            name: dropped ? "........pg.dropped.\(number)........" : name,
            declaredType: dropped ? TypeOID(0) : type.oid,
            type: type
        )
        attribute.isDropped = dropped
        return attribute
    }

    private func catalog(_ attributes: [CatalogRelation.Attribute]) -> CatalogRelation {
        CatalogRelation(
            relation: RelationID(1),
            name: QualifiedName(schema: "public", name: "t"),
            kind: "r",
            persistence: "p",
            isPartition: false,
            replicaIdentity: .default,
            attributes: attributes,
            uniqueIndexes: [.init(attributes: [1], isPrimary: true, isReplicaIdentity: false, isImmediate: true)],
            estimatedRows: nil,
            fileNode: "1"
        )
    }

    private func message(_ columns: [(String, ScalarType)]) throws -> RelationMessage {
        var bytes: [UInt8] =
            Golden.integer(UInt32(1)) + Golden.cString("public") + Golden.cString("t") + Array("d".utf8)
        bytes += Golden.integer(Int16(columns.count))
        for (index, (name, type)) in columns.enumerated() {
            bytes += [index == 0 ? 1 : 0] + Golden.cString(name) + Golden.integer(type.oid.rawValue)
            bytes += Golden.integer(type.typmod)
        }
        return try bytes.withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            return try RelationMessage(from: &reader)
        }
    }

    private func numbers(_ schema: RelationSchema) -> [Int16] { schema.columns.map(\.attributeNumber) }

    @Test func `a rename keeps the column's number`() throws {
        let known = SchemaResolver.schema(of: catalog([attribute(1, "id"), attribute(2, "a")]))
        let now = catalog([attribute(1, "id"), attribute(2, "b")])
        let schema = SchemaResolver.resolve(try message([("id", .int4), ("b", .int4)]), known: known, catalog: now)
        #expect(numbers(schema) == [1, 2])
        #expect(schema.columns[1].name == "b")
        #expect(schema.rewrite == nil)
        #expect(schema.primaryKey == [0])
    }

    @Test func `a catalog that is ahead of the stream does not disturb what the log knows`() throws {
        let known = SchemaResolver.schema(of: catalog([attribute(1, "id"), attribute(2, "a")]))
        let ahead = catalog([attribute(1, "id"), attribute(2, "a", dropped: true), attribute(3, "c")])
        let schema = SchemaResolver.resolve(try message([("id", .int4), ("a", .int4)]), known: known, catalog: ahead)
        #expect(numbers(schema) == [1, 2])
        let gone = SchemaResolver.resolve(try message([("id", .int4), ("a", .int4)]), known: known, catalog: nil)
        #expect(gone == known)
    }

    @Test func `a column that was added and renamed before it was seen is found between its neighbours`() throws {
        let known = SchemaResolver.schema(of: catalog([attribute(1, "id"), attribute(2, "a")]))
        let ahead = catalog([attribute(1, "id"), attribute(2, "a"), attribute(3, "y")])
        let schema = SchemaResolver.resolve(
            try message([("id", .int4), ("a", .int4), ("x", .int4)]),
            known: known,
            catalog: ahead
        )
        #expect(numbers(schema) == [1, 2, 3])
        #expect(schema.rewrite == nil)
        let twice = catalog([attribute(1, "id"), attribute(2, "a"), attribute(3, "y"), attribute(4, "z")])
        let unclear = SchemaResolver.resolve(
            try message([("id", .int4), ("a", .int4), ("x", .int4)]),
            known: known,
            catalog: twice
        )
        #expect(unclear.rewrite != nil)
    }

    @Test func `a column dropped and added again under its name is another column`() throws {
        let known = SchemaResolver.schema(of: catalog([attribute(1, "id"), attribute(2, "a")]))
        let now = catalog([attribute(1, "id"), attribute(2, "a", dropped: true), attribute(3, "a")])
        let schema = SchemaResolver.resolve(try message([("id", .int4), ("a", .int4)]), known: known, catalog: now)
        #expect(numbers(schema) == [1, 3])
        #expect(schema.rewrite != nil)
    }

    @Test func `types change their values as Postgres says, and not otherwise`() {
        func type(_ oid: TypeOID, _ typmod: Int32) -> ScalarType { ScalarType(oid: oid, typmod: typmod, name: "x") }
        func numeric(_ precision: Int32, _ scale: Int32) -> ScalarType {
            type(.numeric, ((precision << 16) | scale) + 4)
        }
        #expect(RewriteRule.changesValues(from: .int4, to: .int8))
        #expect(!RewriteRule.changesValues(from: type(.varchar, 14), to: type(.varchar, 24)))
        #expect(!RewriteRule.changesValues(from: type(.varchar, 14), to: type(.text, -1)))
        #expect(RewriteRule.changesValues(from: type(.varchar, 24), to: type(.varchar, 14)))
        #expect(!RewriteRule.changesValues(from: numeric(10, 2), to: numeric(12, 2)))
        #expect(!RewriteRule.changesValues(from: numeric(10, 2), to: .numeric))
        #expect(RewriteRule.changesValues(from: numeric(10, 2), to: numeric(12, 3)))
        #expect(RewriteRule.changesValues(from: .numeric, to: numeric(12, 3)))
        #expect(!RewriteRule.changesValues(from: .text, to: .text))
    }

    @Test func `byte order is known by provider and locale`() {
        #expect(CatalogReader.isByteOrder(provider: "c", locale: "C"))
        #expect(CatalogReader.isByteOrder(provider: "c", locale: "C.UTF-8"))
        #expect(CatalogReader.isByteOrder(provider: "b", locale: "C.UTF-8"))
        #expect(!CatalogReader.isByteOrder(provider: "c", locale: "en_US.UTF-8"))
        #expect(!CatalogReader.isByteOrder(provider: "i", locale: "C"))
    }
}
