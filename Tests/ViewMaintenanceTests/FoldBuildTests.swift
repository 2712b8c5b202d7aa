import Dataflow
import EventLog
import Foundation
import Relational
import StateFiles
import Synchronization
import TestSupport
import Testing
import ViewStores

@testable import ViewMaintenance

/// First builds of views whose rows have no room in memory.
@Suite struct FoldBuildTests {
    private static let views: [Statement] = [
        ("dear", "SELECT id, customer, price FROM orders WHERE price > 1.5"),
        ("bag", "SELECT customer, price FROM orders"),
        ("by_customer", "SELECT customer, count(*) AS n, sum(price) AS total FROM orders GROUP BY customer"),
    ]

    /// A log of orders that come, change and go.
    private static func history(commits: Int64 = 60) throws -> LogPlace {
        let orders = try OrdersLog()
        var random = SeededGenerator(seed: 7)
        var held: [Int64: [Datum]] = [:]
        for commit in 0..<commits {
            var changes: [Change] = []
            for number in Int64(0)..<50 {
                let row = OrdersLog.row(commit * 50 + number, number % 7, Int128(number) * 10)
                held[commit * 50 + number] = row
                changes.append((.insert, row, nil))
            }
            for id in held.keys.sorted().shuffled(using: &random).prefix(10) where id < commit * 50 {
                let row = OrdersLog.row(id, Int64.random(in: 0..<7, using: &random), 333)
                let isGone = id % 3 == 0
                changes.append(isGone ? (.delete, nil, held[id]) : (.update, row, nil))
                held[id] = isGone ? nil : row
            }
            try orders.commit(changes)
        }
        return orders.place
    }

    private static func expectRight(_ place: LogPlace) throws {
        _ = try place.fold(views, store: "at_once").apply(allowDrops: true)
        for view in views.map(\.name) {
            let rows = try place.rows(of: view)
            #expect(try rows == place.rows(of: view, store: "at_once"), "\(view)")
            #expect(!rows.isEmpty)
        }
    }

    private static func setup(_ place: LogPlace, _ disk: FaultyFileSystem, budget: Int) throws -> DaemonSetup {
        let options = StateOptions(cacheByteLimit: 64 << 10, headroomByteCount: 0)
        var setup = try DaemonSetup(place, stateOn: disk, options, every: .seconds(3600))
        setup.memory.byteMax = budget
        return setup
    }

    @Test(arguments: [0, 100 << 10, 16 << 20])
    func `views are built whatever memory their rows may have, and rebuilt`(budget: Int) async throws {
        let place = try Self.history()
        let disk = FaultyFileSystem()
        let setup = try Self.setup(place, disk, budget: budget)
        try await runDaemon(place, StatementCompiler(Self.views), setup) { daemon in
            try Self.expectRight(place)
            let report = try await daemon.rebuild(RebuildRequest([]))
            #expect(Set(report.rebuilt) == Set(Self.views.map(\.name)) && report.failed.isEmpty)
            try Self.expectRight(place)
            // Rows left memory where they had to; the end writes a checkpoint in any case.
            #expect(disk.paths.contains { $0.hasSuffix(".run") } == (budget < 16 << 20))
        }
    }

    @Test(arguments: UInt64(0)..<12)
    func `a transaction and a snapshot may be folded in parts while nobody sees the rows`(seed: UInt64) throws {
        let place = try LogPlace()
        var log = try RandomLog(place, seed: seed, isWild: true)
        try log.snapshot()
        for _ in 0..<40 { try log.append() }
        let whole = try Self.fold(place, records: .max)
        let parts = try Self.fold(place, records: 2)
        #expect(parts.chunks > 0 && whole.chunks == 0, "seed \(seed)")
        #expect(parts.rows == whole.rows, "seed \(seed)")
        #expect(parts.frontier == whole.frontier, "seed \(seed)")
    }

    @Test(arguments: UInt64(0)..<12)
    func `a transaction of views that follow the fold may be folded in parts, and goes to their store as one`(
        seed: UInt64
    ) throws {
        let place = try LogPlace()
        var log = try RandomLog(place, seed: seed, isWild: true)
        try log.snapshot()
        for _ in 0..<40 { try log.append() }
        // What the store has at the end of each unit.
        var expected: [Offset: SteppedFold.Rows] = [:]
        let whole = try SteppedFold(place, RandomLog.statements, options: StateOptions())
        try whole.start()
        repeat { expected[whole.through] = whole.rows } while try whole.fold(1)
        #expect(whole.partCount == 0)
        var random = SeededGenerator(seed: seed)
        for byteMax in [0, 1 << 30] {
            let parts = try SteppedFold(place, RandomLog.statements, options: SteppedFold.options(&random))
            try parts.start()
            try parts.share(byteMax)
            while try parts.fold(1, bytes: 1) {
                // Units without records end no epoch of the other fold.
                let offset = try #require(expected.keys.filter { $0 <= parts.through }.max())
                let rows = try #require(expected[offset])
                #expect(throws: Never.self, "seed \(seed), offset \(parts.through)") { try parts.expect(rows) }
                try parts.share(byteMax)
                try parts.begin()
                try parts.write()
            }
            #expect(parts.partCount > 0 && parts.through == whole.through, "seed \(seed)")
        }
    }

    @Test(arguments: [64 << 10, 64 << 20])
    func `readers see all of a transaction that is folded in parts, or nothing`(budget: Int) async throws {
        let orders = try OrdersLog()
        let place = orders.place
        let count = Int64(3000)
        try orders.commit((0..<count).map { (.insert, OrdersLog.row($0, $0 % 7, 1000), nil) })
        let disk = FaultyFileSystem()
        let setup = try Self.setup(place, disk, budget: budget)
        let end = Flag()
        try await runDaemon(place, StatementCompiler(Self.views), setup) { daemon in
            async let seen = Task.detached {
                var seen: Set<String> = []
                while !end.isSet {
                    seen.formUnion(try place.rows("SELECT count(*) || ' ' || count(DISTINCT price) FROM dear"))
                    try await Task.sleep(for: .milliseconds(1))
                }
                return seen
            }.value
            // Every order costs more, a third goes, and as many come.
            for price in [Int128(2000), 3000] {
                var changes: [Change] = []
                for id in 0..<count { changes.append((.update, OrdersLog.row(id, id % 5, price), nil)) }
                for id in 0..<count / 3 { changes.append((.delete, nil, OrdersLog.row(id, id % 5, price))) }
                for id in 0..<count / 3 { changes.append((.insert, OrdersLog.row(id, 6, price), nil)) }
                try orders.commit(changes)
                let lsn = place.log.frontier.source.lsn
                #expect(await daemon.wait(for: lsn, view: "dear", timeout: .seconds(60)) == .reached)
            }
            end.set()
            #expect(try await seen.isSubset(of: ["\(count) 1"]), "readers saw a part of a transaction")
            try Self.expectRight(place)
        }
    }

    /// Folds a log in epochs of so many records, as whoever builds views does.
    private static func fold(
        _ place: LogPlace,
        records: Int
    ) throws -> (rows: [String: [[UInt8]: Int64]], chunks: Int, frontier: Frontier) {
        let compiled = try StatementCompiler(RandomLog.statements).compile(place.log.newestSchemas)
        let engine = try FoldEngine(log: place.log, views: try compiled.map { FoldedView(try $0.result.get()) })
        var budget = EpochBudget.replay
        budget.records = records
        var chunks = 0
        var last: OpenUnit?
        while let epoch = try engine.nextEpoch(budget, limits: []) {
            try engine.seal(epoch)
            #expect(engine.canCheckpoint != epoch.isChunk)
            chunks += epoch.isChunk ? 1 : 0
            if let unit = engine.openUnit {
                if let last, last.start == unit.start { #expect(unit.reached > last.reached) }
                #expect(unit.start <= unit.reached && unit.reached <= unit.closing.offset)
            }
            last = engine.openUnit
        }
        var rows: [String: [[UInt8]: Int64]] = [:]
        for view in engine.views {
            try engine.circuit.takeRows(of: view.name)?.forEach { batch in
                for index in 0..<batch.count {
                    rows[view.name, default: [:]][Array(batch.row(at: index).bytes)] = batch.weight(at: index)
                }
            }
        }
        return (rows, chunks, engine.frontier)
    }

    @Test func `a first build that was cut short goes on from a checkpoint, beside views that are there already`()
        async throws
    {
        let place = try Self.history(commits: 240)
        let disk = FaultyFileSystem()
        let fault = StoreFault()
        // The first store is opened, and takes nothing then; the second takes its view.
        fault.spared.store(1, ordering: .sequentiallyConsistent)
        fault.failures.store(.max, ordering: .sequentiallyConsistent)
        let second = "CREATE MATERIALIZED VIEW there WITH (store = 'second') AS SELECT customer, id FROM orders"
        let compiler = StatementCompiler(Self.views + [("there", second)])
        var first = try Self.setup(place, disk, budget: 0)
        (first.checkpointInterval, first.waitsUntilBuilt) = (.zero, false)
        first.openStores = [
            "main": {
                let store = try place.openStore()
                return NamedStore(store: FaultyStore(store.store, fault), kind: "sqlite", location: store.location)
            }, "second": { try place.openStore("second") },
        ]
        let folder = try #require(first.state)
        try await runDaemon(place, compiler, first) { daemon in
            let isCutShort = try await daemon.eventually { status in
                status.views.contains { $0.name == "there" && $0.state == .live } && !folder.manifests.isEmpty
            }
            let views = await daemon.status().views
            #expect(isCutShort, "\(views)")
            #expect(views.filter { $0.state == .live }.map(\.name) == ["there"])
        }
        let newest = try #require(folder.manifests.first)
        #expect(newest.offset > .zero && FoldNote(newest.notes[FoldNote.name])?.views["dear"]?.keepsRows == true)
        let messages = KeptMessages()
        var next = try Self.setup(place, disk, budget: 0)
        next.logger = messages.logger
        next.openStores = ["main": { try place.openStore() }, "second": { try place.openStore("second") }]
        try await runDaemon(place, compiler, next) { _ in }
        #expect(messages.count("the views go on from a checkpoint") == 1)
        try Self.expectRight(place)
        let there = try place.rows(of: "there", store: "second")
        #expect(try there.count == place.rows("SELECT 1 FROM bag").count)
    }

    @Test func `without a daemon views are built within the budget too, and no checkpoint is taken or used`() throws {
        let place = try Self.history()
        let disk = FaultyFileSystem()
        let setup = try Self.setup(place, disk, budget: 0)
        let folder = try #require(setup.state)
        for _ in 0..<2 {
            let fold = try FoldAtRest(
                log: place.log,
                compiler: StatementCompiler(Self.views),
                stores: ["main": try place.openStore()],
                logger: LogPlace.logger,
                state: folder,
                memory: setup.memory
            )
            _ = try fold.rebuild(RebuildRequest([]))
            try Self.expectRight(place)
            #expect(folder.manifests.isEmpty && disk.paths.contains { $0.hasSuffix(".run") })
        }
    }

    @Test func `rows that cannot be read when a store wants them are folded from the log again`() async throws {
        let place = try Self.history()
        let disk = FaultyFileSystem()
        var setup = try Self.setup(place, disk, budget: 0)
        let fault = StoreFault()
        setup.waitsUntilBuilt = false
        setup.openStores = [
            "main": {
                let store = try place.openStore()
                return NamedStore(store: FaultyStore(store.store, fault), kind: "sqlite", location: store.location)
            }
        ]
        let messages = KeptMessages()
        setup.logger = messages.logger
        fault.block(.generation)
        try await runDaemon(place, StatementCompiler(Self.views), setup) { daemon in
            while fault.waiting.load(ordering: .sequentiallyConsistent) == 0 {
                try await Task.sleep(for: .milliseconds(2))
            }
            for path in disk.paths where path.hasSuffix(".run") {
                guard var bytes = disk.contents(path) else { continue }
                for index in stride(from: 40, to: bytes.count, by: 97) { bytes[index] ^= 4 }
                disk.setContents(path, bytes)
            }
            fault.release()
            let areLive = try await daemon.eventually {
                $0.views.count == 3 && $0.views.allSatisfy { $0.state == .live }
            }
            let views = await daemon.status().views
            #expect(areLive, "\(views)")
        }
        try Self.expectRight(place)
        #expect(messages.all.contains { $0.contains("cannot be written; they are folded from the log again") })
    }
}
