import LocalPostgres
import PostgresClient
import Relational
import TestSupport
import Testing
import ViewStores

@testable import PostgresStore

/// Servers that are away, restarted, read-only, or that refuse: each with its own words and a next step.
@Suite struct PostgresStoreFailureTests {
    private let place: PostgresPlace

    init() throws { place = try PostgresPlace() }

    private func published(_ place: PostgresPlace? = nil) throws -> (PostgresStore, Int64) {
        let store = try (place ?? self.place).store()
        let token = try store.claim(logID: "log")
        try Sample.publish(Sample.orders, Sample.rows(0..<3, "EU"), in: store, token)
        return (store, token)
    }

    private func count(in store: PostgresStore) throws -> Int {
        var count = 0
        try store.scan(Sample.orders) { count += $0.count }
        return count
    }

    @Test func `a lost connection undoes the epoch, and the next begin opens another`() throws {
        let (store, token) = try published()
        try store.begin()
        try store.apply(Sample.rows(10..<20, "EU"), to: Sample.orders)
        try place.server.execute("SELECT pg_terminate_backend(\(store.connection.backendProcessID))")
        let error = try Sample.refusal { try store.apply(Sample.rows(20..<30, "EU"), to: Sample.orders) }
        #expect(error.code == .unavailable)
        #expect(try count(in: store) == 3)
        try store.begin()
        try store.apply(Sample.rows(10..<20, "EU"), to: Sample.orders)
        try store.commit([Sample.progress(Sample.orders, 2, token)])
        #expect(try count(in: store) == 13)
    }

    @Test func `a server that crashes loses no commit, and a generation that was begun can go on`() throws {
        let own = try PostgresPlace(ThrowawayPostgres())
        let (store, token) = try published(own)
        try store.beginGeneration(of: Sample.view("more", version: "v1"))
        try store.begin()
        try store.apply(Sample.rows(10..<20, "EU"), to: Sample.orders)
        try store.commit([Sample.progress(Sample.orders, 2, token)])
        own.server.crash()
        #expect(try Sample.refusal { try store.begin() }.code == .unavailable)
        try own.server.start()
        try store.append(Sample.rows(0..<5, "EU"), to: Sample.view("more", version: "v1"))
        try store.begin()
        try store.publish(Sample.view("more", version: "v1"))
        try store.apply(Sample.rows(10..<20, "EU", weight: -1), to: Sample.orders)
        try store.commit([
            Sample.progress(Sample.orders, 3, token), Sample.progress(Sample.view("more", version: "v1"), 3, token),
        ])
        #expect(try count(in: store) == 3)
    }

    @Test func `a commit whose answer was lost is found done, and its repetition writes nothing`() throws {
        let (store, token) = try published()
        let step = Sample.progress(Sample.orders, 2, token)
        func epoch() throws {
            try store.begin()
            try store.apply(Sample.rows(10..<20, "EU"), to: Sample.orders)
            try store.commit([step])
        }
        try epoch()
        store.unknownCommit = .init(progress: [step], applied: ["orders"], published: [:], dropped: [])
        store.entries["orders"]?.progress.offset = Offset(1)
        try epoch()
        #expect(try count(in: store) == 13)
        #expect(try store.progress() == [step])
        #expect(throws: StoreError.self, "a second repetition is a replay") { try epoch() }
        // Another epoch than the one whose answer was lost is not taken for it.
        store.unknownCommit = .init(progress: [step], applied: ["orders"], published: [:], dropped: [])
        try store.begin()
        try store.apply(Sample.rows(20..<30, "EU"), to: Sample.orders)
        let later = Sample.progress(Sample.orders, 3, token)
        #expect(try Sample.refusal { try store.commit([later]) }.code == .unavailable)
        #expect(try count(in: store) == 13)
        try store.begin()
        try store.apply(Sample.rows(20..<30, "EU"), to: Sample.orders)
        try store.commit([later])
        #expect(try count(in: store) == 23)
        // Progress alone is written again, whatever became of it.
        let noted = Sample.progress(Sample.orders, 4, token)
        try store.noteProgress([noted])
        store.unknownCommit = .init(progress: [noted], applied: [], published: [:], dropped: [])
        try store.noteProgress([noted])
        try store.begin()
        try store.apply(Sample.rows(30..<40, "EU"), to: Sample.orders)
        try store.commit([Sample.progress(Sample.orders, 5, token)])
        #expect(try count(in: store) == 33)
    }

    @Test func `a commit that was lost on its way is written when it is repeated`() throws {
        let (store, token) = try published()
        let step = Sample.progress(Sample.orders, 2, token)
        store.unknownCommit = .init(progress: [step], applied: ["orders"], published: [:], dropped: [])
        try store.begin()
        try store.apply(Sample.rows(10..<20, "EU"), to: Sample.orders)
        try store.commit([step])
        #expect(try count(in: store) == 13)
    }

    @Test func `a view that was built again at the same offset is found done by its rows' table, not by its progress`()
        throws
    {
        let (store, token) = try published()
        let step = Sample.progress(Sample.orders, 1, token)
        func rebuild() throws {
            try store.begin()
            try store.publish(Sample.orders)
            try store.commit([step])
        }
        try store.beginGeneration(of: Sample.orders)
        try store.append(Sample.rows(0..<7, "EU"), to: Sample.orders)
        let table = try #require(store.generations["orders"]?.table)
        // Lost on its way: the progress is the same as after it.
        store.unknownCommit = .init(progress: [step], applied: [], published: ["orders": table], dropped: [])
        try rebuild()
        #expect(try count(in: store) == 7)
        // Only the answer was lost.
        store.unknownCommit = .init(progress: [step], applied: [], published: ["orders": table], dropped: [])
        try rebuild()
        #expect(try count(in: store) == 7)
    }

    @Test func `progress that went back under a running owner stops the epoch`() throws {
        let (store, token) = try published()
        try place.server.execute("UPDATE leftfold._leftfold_progress SET \"offset\" = 0", database: place.database)
        try store.begin()
        try store.apply(Sample.rows(10..<20, "EU"), to: Sample.orders)
        let error = try Sample.refusal { try store.commit([Sample.progress(Sample.orders, 2, token)]) }
        #expect(error.code == .inconsistent)
        #expect(try count(in: store) == 3)
    }

    @Test func `another session's lock is waited for and then told`() throws {
        let (store, _) = try published()
        let other = try PostgresConnection(place.url)
        try other.query("BEGIN; SELECT * FROM leftfold._leftfold_owner FOR UPDATE")
        let error = try Sample.refusal { _ = try store.claim(logID: "log") }
        #expect(error.code == .unavailable)
        #expect(error.hint?.contains("pg_blocking_pids") == true)
        try other.query("ROLLBACK")
        _ = try store.claim(logID: "log")
    }

    @Test func `commits are on disk even where the server's default is not to wait`() throws {
        try place.server.execute("ALTER DATABASE \(place.database) SET synchronous_commit = off")
        #expect(try place.store().connection.value("SHOW synchronous_commit") == "on")
        try place.server.execute("ALTER DATABASE \(place.database) SET synchronous_commit = remote_apply")
        #expect(try place.store().connection.value("SHOW synchronous_commit") == "remote_apply")
    }

    @Test func `a read-only server is told apart`() throws {
        try place.server.execute("ALTER DATABASE \(place.database) SET default_transaction_read_only = on")
        let error = try Sample.refusal { _ = try place.store() }
        #expect(error.code == .unavailable)
        #expect(error.message == "the server of the Postgres store is read-only")
    }

    @Test func `nobody listening, a missing database and a wrong password name the next command`() throws {
        let away = try Sample.refusal { _ = try PostgresStore(url: "postgresql://u:hunter2@127.0.0.1:1/x") }
        #expect(away.code == .unavailable)
        #expect(away.hint?.contains("pg_isready") == true)
        #expect(!"\(away) \(away.detail ?? "")".contains("hunter2"))
        let missing = try Sample.refusal {
            _ = try PostgresStore(url: place.server.url(database: "nowhere"))
        }
        #expect(missing.code == .unavailable)
        #expect(missing.hint == "createdb nowhere")
    }

    @Test func `a store that is only read makes nothing`() throws {
        let store = try PostgresStore(url: place.url, options: .init(isReadOnly: true))
        #expect(try store.progress().isEmpty)
        #expect(try Sample.refusal { try store.scan(Sample.orders) { _ in } }.code == .inconsistent)
        #expect(
            try place.server.execute(
                "SELECT count(*) FROM pg_namespace WHERE nspname = 'leftfold'",
                database: place.database
            ) == "0"
        )
    }

    @Test func `a key larger than an index entry is refused, and the epoch with it`() throws {
        let store = try place.store()
        let token = try store.claim(logID: "log")
        var view = Sample.view("wide", version: "v1")
        view.columns[1].type = .text
        view.key = [1]
        try Sample.publish(view, ZSet(), in: store, token)
        var generator = SeededGenerator(seed: 1)
        let noise = String(
            (0..<20_000).map { _ in Character(UnicodeScalar(UInt8.random(in: 97...122, using: &generator))) }
        )
        try store.begin()
        let error = try Sample.refusal { try store.apply(Sample.rows(1..<2, noise), to: view) }
        #expect(error.code == .unsupported)
        #expect(error.message.contains("larger than Postgres allows"))
    }

    // MARK: Privileges

    @Test func `a role that owns the schema needs nothing else, and a reader only SELECT`() throws {
        let (role, reader) = ("role_\(place.database)", "reader_\(place.database)")
        try place.server.execute(
            """
            CREATE ROLE \(role) LOGIN; CREATE ROLE \(reader) LOGIN;
            REVOKE ALL ON SCHEMA public FROM PUBLIC; REVOKE TEMPORARY ON DATABASE \(place.database) FROM PUBLIC
            """,
            database: place.database
        )
        defer {
            _ = try? place.server.execute(
                "DROP OWNED BY \(role) CASCADE; DROP OWNED BY \(reader)",
                database: place.database
            )
            _ = try? place.server.execute("DROP ROLE \(role); DROP ROLE \(reader)")
        }
        let url = place.server.url(database: place.database, user: role)
        let refused = try Sample.refusal { _ = try PostgresStore(url: url) }
        #expect(refused.code == .unavailable)
        let hint = try #require(refused.hint)
        // The hint is the whole remedy.
        try place.server.execute(hint, database: place.database)
        let store = try PostgresStore(url: url)
        let token = try store.claim(logID: "log")
        var indexed = Sample.orders
        indexed.indexes = ["region"]
        try Sample.publish(indexed, Sample.rows(0..<3, "EU"), in: store, token)
        try store.begin()
        try store.apply(Sample.rows(0..<1, "EU", weight: -1), to: indexed)
        try store.commit([Sample.progress(indexed, 2, token)])
        indexed.version = "v2"
        try Sample.publish(indexed, Sample.rows(0..<9, "EU"), in: store, token)
        try place.server.execute(
            "GRANT USAGE ON SCHEMA leftfold TO \(reader); GRANT SELECT ON leftfold.orders TO \(reader)",
            database: place.database
        )
        let other = try PostgresConnection(place.server.url(database: place.database, user: reader))
        #expect(try other.value("SELECT count(*) FROM leftfold.orders") == "9")
        #expect(throws: PostgresError.self) { try other.query("DELETE FROM leftfold.orders") }
    }
}
