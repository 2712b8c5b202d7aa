import Relational
import TestSupport
import Testing
import ViewStores

@testable import RedisStore

/// Servers that are away, killed, full, emptied, or that refuse: each with its own words and a next step.
@Suite struct RedisStoreFailureTests {
    private let place = RedisPlace()
    private let view = Sample.products()

    private func published(_ store: RedisStore) throws -> Int64 {
        let token = try store.claim(logID: "log")
        try Sample.publish(view, Sample.rows(0..<3, "old"), in: store, token)
        return token
    }

    @Test func `a server that is killed loses no commit, and the owner goes on`() throws {
        let server = try ThrowawayRedis()
        let own = RedisPlace(server)
        let store = try own.store()
        let token = try published(store)
        try store.begin()
        try store.apply(Sample.rows(10..<20, "new"), to: view)
        server.kill()
        #expect(try Sample.refusal { try store.commit([Sample.progress(view, 2, token)]) }.code == .unavailable)
        #expect(try Sample.refusal { try store.begin() }.code == .unavailable)
        try server.start()
        try store.begin()
        try store.apply(Sample.rows(10..<20, "new"), to: view)
        try store.commit([Sample.progress(view, 2, token)])
        server.kill()
        try server.start()
        #expect(try Sample.names(view, in: store).count == 13)
        // What a server that was restarted still has of a generation is not known.
        try store.beginGeneration(of: view)
        try store.append(Sample.rows(0..<5, "newer"), to: view)
        server.kill()
        try server.start()
        try store.begin()
        #expect(try Sample.refusal { try store.publish(view) }.message.contains("restarted"))
        #expect(try Sample.names(view, in: store).count == 13)
        #expect(try own.store().progress() == [Sample.progress(view, 2, token)])
    }

    /// The server dies at any moment of commits in many parts; whoever comes next finds the old rows or the new ones.
    @Test(arguments: UInt64(0)..<6)
    func `a server killed between the parts of a commit holds it wholly or not at all`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let server = try ThrowawayRedis()
        let own = RedisPlace(server, options: .init(directKeyCount: 500))
        var store = try own.store()
        var token = try store.claim(logID: "log")
        try Sample.publish(view, Sample.rows(0..<20_000, "epoch 1"), in: store, token)
        var offset: Int64 = 1
        for _ in 0..<4 {
            var delta = Sample.rows(0..<20_000, "epoch \(offset)", weight: -1)
            Sample.append(0..<20_000, "epoch \(offset + 1)", 1, to: &delta)
            let wait = UInt32.random(in: 0..<250_000, using: &generator)
            let killer = KillLater(server, microseconds: wait)
            do {
                try store.begin()
                try store.apply(delta, to: view)
                try store.commit([Sample.progress(view, offset + 1, token)])
            } catch {
                #expect(error.code == .unavailable, "seed \(seed): \(error)")
            }
            killer.wait()
            try server.start()
            store = try own.store()
            token = try store.claim(logID: "log")
            let held = try #require(try store.progress().first?.offset.rawValue)
            #expect(held == offset || held == offset + 1)
            offset = held
            let names = try Sample.names(view, in: store)
            #expect(names.count == 20_000 && Set(names.values) == ["epoch \(offset)"], "seed \(seed), wait \(wait)")
        }
        #expect(try server.cli(database: own.database, ["KEYS", "p:_leftfold:*:*"]) == "\n")
    }

    @Test func `a commit whose answer was lost is found done, and its repetition writes nothing`() throws {
        let store = try place.store()
        let token = try published(store)
        let step = Sample.progress(view, 2, token)
        func epoch() throws {
            try store.begin()
            try store.apply(Sample.rows(10..<20, "new"), to: view)
            try store.commit([step])
        }
        try epoch()
        store.unknownCommit = .init(progress: [step], published: [], dropped: [], hasRows: true)
        store.entries["product"]?.progress.offset = Offset(1)
        try epoch()
        #expect(try Sample.names(view, in: store).count == 13)
        #expect(throws: StoreError.self, "a second repetition is a replay") { try epoch() }
    }

    @Test func `a view that was built again at the same offset, and whose commit has no answer, is written once more`()
        throws
    {
        let store = try place.store()
        let token = try published(store)
        let step = try #require(try store.progress().first)
        #expect(step.fencingToken == token)
        try store.beginGeneration(of: view)
        try store.append(Sample.rows(0..<7, "new"), to: view)
        store.unknownCommit = .init(
            progress: [step],
            published: ["product"],
            dropped: [],
            hasRows: true,
            unclear: ["product"]
        )
        try store.begin()
        #expect(try Sample.refusal { try store.publish(view) }.code == .inconsistent)
        #expect(try Sample.names(view, in: store).count == 3)
        try store.beginGeneration(of: view)
        try store.append(Sample.rows(0..<7, "new"), to: view)
        try store.begin()
        try store.publish(view)
        try store.commit([step])
        #expect(try Sample.names(view, in: store).count == 7)
    }

    @Test func `a generation that a failed transaction may have changed is not published`() throws {
        let server = try ThrowawayRedis()
        let own = RedisPlace(server)
        let store = try own.store()
        let token = try published(store)
        try store.beginGeneration(of: view)
        try store.append(Sample.rows(0..<7, "new"), to: view)
        try store.begin()
        try store.publish(view)
        try server.cli(["CONFIG", "SET", "maxmemory", "1000"])
        #expect(try Sample.refusal { try store.apply(Sample.rows(10..<20, "later"), to: view) }.code == .engine)
        try server.cli(["CONFIG", "SET", "maxmemory", "0"])
        try store.begin()
        #expect(try Sample.refusal { try store.publish(view) }.code == .inconsistent)
        try store.beginGeneration(of: view)
        try store.append(Sample.rows(0..<7, "new"), to: view)
        try store.begin()
        try store.publish(view)
        try store.apply(Sample.rows(10..<20, "later"), to: view)
        try store.commit([Sample.progress(view, 2, token)])
        #expect(try Sample.names(view, in: store).count == 17)
    }

    @Test func `a full server refuses the whole epoch, and takes it when there is room`() throws {
        let server = try ThrowawayRedis()
        let own = RedisPlace(server)
        let store = try own.store()
        let token = try published(store)
        try server.cli(["CONFIG", "SET", "maxmemory", "1000"])
        func epoch() throws {
            try store.begin()
            try store.apply(Sample.rows(10..<20, "new"), to: view)
            try store.commit([Sample.progress(view, 2, token)])
        }
        let error = try Sample.refusal { try epoch() }
        #expect(error.code == .engine && error.message.contains("out of memory"), "\(error)")
        #expect(try Sample.names(view, in: store).count == 3)
        try server.cli(["CONFIG", "SET", "maxmemory", "0"])
        try epoch()
        #expect(try Sample.names(view, in: store).count == 13)
    }

    @Test func `a server that lost everything is told, and the view can be built anew`() throws {
        let store = try place.store()
        let token = try published(store)
        try place.server.cli(database: place.database, ["FLUSHDB"])
        try store.begin()
        #expect(try Sample.refusal { try store.apply(Sample.rows(10..<20, "new"), to: view) }.code == .inconsistent)
        try Sample.publish(view, Sample.rows(0..<5, "anew"), in: store, token, at: 7)
        #expect(try Sample.names(view, in: store).count == 5)
        try store.begin()
        try store.apply(Sample.rows(10..<20, "new"), to: view)
        try store.commit([Sample.progress(view, 8, token)])
        #expect(try Sample.names(view, in: store).count == 15)
    }

    @Test func `keys that Leftfold did not make are never overwritten`() throws {
        try place.server.cli(database: place.database, ["SET", "p:product:1", "mine"])
        let store = try place.store()
        _ = try store.claim(logID: "log")
        let error = try Sample.refusal { try store.beginGeneration(of: view) }
        #expect(error.code == .nameTaken && error.detail == "the first is p:product:1", "\(error)")
        #expect(try Sample.refusal { try store.checkName(of: view) }.code == .nameTaken)
        #expect(try place.server.cli(database: place.database, ["GET", "p:product:1"]) == "mine\n")
        try place.server.cli(database: place.database, ["RENAME", "p:product:1", "other"])
        try store.checkName(of: view)
        try place.server.cli(database: place.database, ["SET", "q:_leftfold:owner", "mine"])
        let foreign = try Sample.refusal { _ = try RedisStore(url: place.url, prefix: "q") }
        #expect(foreign.code == .foreign, "\(foreign)")
    }

    @Test func `nobody listening, TLS, a bad URL and a wrong password name the next command`() throws {
        for (url, word) in [
            ("redis://127.0.0.1:1", "PING"), ("unix:///nowhere.sock", "PING"), ("rediss://h", "redis://"),
            ("redis://h:x", "redis://user:password@host:6379/0"), ("http://h", "redis://user:password@host:6379/0"),
        ] {
            let error = try Sample.refusal { _ = try RedisStore(url: url, prefix: "p") }
            #expect(error.code == .unavailable && error.hint?.contains(word) == true, "\(url): \(error)")
        }
        let server = try ThrowawayRedis(["--requirepass", "hunter2"])
        for user in ["", ":wrong@", "somebody:wrong@"] {
            let error = try Sample.refusal { _ = try RedisStore(url: server.url(user: user), prefix: "p") }
            #expect(error.code == .unavailable && error.hint?.contains("password") == true, "\(user): \(error)")
        }
        let store = try RedisStore(url: server.url(user: ":hunter2@"), prefix: "p")
        #expect(!store.location.contains("hunter2"))
        _ = try store.claim(logID: "log")
    }

    @Test func `a replica is refused, and eviction is told`() throws {
        let server = try ThrowawayRedis(["--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb"])
        let findings = try RedisStore.examine(url: server.url(), prefix: "p")
        #expect(findings.count == 1 && findings[0].isProblem && findings[0].message.contains("allkeys-lru"))
        try server.cli(["REPLICAOF", "127.0.0.1", "1"])
        let error = try Sample.refusal { _ = try RedisStore(url: server.url(), prefix: "p") }
        #expect(error.message == "the server of the Redis store is a read-only replica")
    }
}
