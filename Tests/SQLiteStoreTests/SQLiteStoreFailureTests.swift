import Foundation
import Relational
import SQLiteDatabase
import Testing
import ViewStores

@testable import SQLiteStore

/// Files that are not the store's, not there, locked or full: each with its own words and a next step.
@Suite struct SQLiteStoreFailureTests {
    private let place: SQLitePlace

    init() throws { place = try SQLitePlace(options: .init(busyTimeout: .milliseconds(20), checkpointPageCount: 50)) }

    private static let view = ViewTable(
        name: "v",
        columns: [
            StoreColumn(name: "id", type: .int8, isNotNull: true),
            StoreColumn(name: "t", type: .text, isNotNull: false),
        ],
        key: [0],
        version: "v1"
    )

    private func store(isReadOnly: Bool = false) throws -> SQLiteStore {
        var options = place.options
        options.isReadOnly = isReadOnly
        return try SQLiteStore(path: place.path, options: options)
    }

    private func refusal(_ body: () throws -> Void) throws -> StoreError {
        try #require(throws: StoreError.self, performing: body)
    }

    private func rows(_ ids: Range<Int64>, text: String) -> ZSet {
        var rows = ZSet()
        for id in ids {
            let row = rows.beginRow(columnCount: 2)
            rows.slab.set(0, int: id, in: row)
            Array(text.utf8).withUnsafeBytes { rows.slab.set(1, bytes: $0, in: row) }
            rows.endRow(row, weight: 1)
        }
        return rows
    }

    private func progress(_ offset: Int64, _ token: Int64) -> StoreProgress {
        StoreProgress(
            logID: "log",
            view: "v",
            version: "v1",
            offset: Offset(offset),
            position: .none,
            fencingToken: token
        )
    }

    private func published() throws -> (SQLiteStore, Int64) {
        let store = try store()
        let token = try store.claim(logID: "log")
        try store.beginGeneration(of: Self.view)
        try store.begin()
        try store.publish(Self.view)
        try store.commit([progress(1, token)])
        return (store, token)
    }

    private func count(in store: SQLiteStore) throws -> Int {
        var count = 0
        try store.scan(Self.view) { count += $0.count }
        return count
    }

    @Test func `a file that is no database is refused and left alone`() throws {
        let text = Data("this is a diary, and it is long enough to be seen as one".utf8)
        try text.write(to: URL(filePath: place.path))
        let error = try refusal { _ = try store() }
        #expect(error.code == .unavailable)
        #expect(error.message == "\(place.path) is not an SQLite database")
        #expect(error.hint != nil)
        #expect(try Data(contentsOf: URL(filePath: place.path)) == text)
    }

    @Test func `another program's database is refused and left alone`() throws {
        do {
            let other = try SQLiteConnection(path: place.path, mode: .create)
            try other.execute("CREATE TABLE diary (entry)")
        }
        let before = try Data(contentsOf: URL(filePath: place.path))
        let error = try refusal { _ = try store() }
        #expect(error.code == .foreign)
        #expect(error.message == "\(place.path) was written by another program")
        #expect(try Data(contentsOf: URL(filePath: place.path)) == before)
    }

    @Test func `a file of a newer format is refused`() throws {
        _ = try published()
        try SQLiteConnection(path: place.path, mode: .readWrite).execute("PRAGMA user_version = 99")
        let error = try refusal { _ = try store() }
        #expect(error.code == .foreign)
        #expect(error.detail == "format 99; this one knows 1")
    }

    @Test func `an empty file is a new store`() throws {
        try Data().write(to: URL(filePath: place.path))
        #expect(try store().progress().isEmpty)
    }

    @Test func `a missing folder is named`() throws {
        let error = try refusal { _ = try SQLiteStore(path: place.folder + "/no/views.db") }
        #expect(error.code == .unavailable)
        #expect(error.hint == "check that the folder exists and may be read: ls -ld \(place.folder)/no")
    }

    @Test func `a store that is only read reads beside its owner and writes nothing`() throws {
        #expect(try refusal { _ = try store(isReadOnly: true) }.code == .unavailable)
        let (owner, token) = try published()
        let reader = try store(isReadOnly: true)
        try owner.begin()
        try owner.apply(rows(0..<3, text: "a"), to: Self.view)
        #expect(try count(in: reader) == 0)
        try owner.commit([progress(2, token)])
        #expect(try count(in: reader) == 3)
        #expect(try reader.progress() == [progress(2, token)])
        let error = try refusal { _ = try reader.claim(logID: "log") }
        #expect(error.code == .engine)
        #expect(error.message == "\(place.path) is read-only while the store was claimed")
    }

    @Test func `another writer's lock is waited for, then named`() throws {
        let (store, token) = try published()
        let other = try SQLiteConnection(path: place.path, mode: .readWrite)
        try other.beginImmediate()
        let error = try refusal { try store.begin() }
        #expect(error.code == .unavailable)
        #expect(error.message == "\(place.path) is locked by another writer while a transaction was started")
        #expect(error.hint == "another process is writing \(place.path); find it with: fuser \(place.path)")
        other.rollback()
        try store.begin()
        try store.apply(rows(0..<1, text: "a"), to: Self.view)
        try store.commit([progress(2, token)])
        #expect(try count(in: store) == 1)
    }

    @Test func `a full disk undoes the epoch, and the same epoch is fine once there is room`() throws {
        let (store, token) = try published()
        let pages = try store.database.integer("PRAGMA page_count") ?? 0
        _ = try store.database.integer("PRAGMA max_page_count = \(pages + 5)")
        try store.begin()
        let epoch = rows(0..<200, text: String(repeating: "x", count: 1000))
        let error = try refusal { try store.apply(epoch, to: Self.view) }
        #expect(error.code == .engine)
        #expect(error.message.contains("is full"))
        #expect(error.hint == "free some space, then start again: df -h \(place.path)")
        #expect(try count(in: store) == 0)
        _ = try store.database.integer("PRAGMA max_page_count = 1000000")
        try store.begin()
        try store.apply(epoch, to: Self.view)
        try store.commit([progress(2, token)])
        #expect(try count(in: store) == 200)
    }

    @Test func `the write-ahead log is copied now and then, and a reader of an old state does not stop that for good`()
        throws
    {
        let (store, token) = try published()
        let reader = try SQLiteConnection(path: place.path, mode: .readOnly)
        var largest = 0
        for offset in Int64(2)..<400 {
            if offset == 100 {
                try reader.execute("BEGIN")
                #expect(try reader.integer("SELECT count(*) FROM v") == 98)
            }
            if offset == 150 {
                try store.sync()
                #expect(try reader.integer("SELECT count(*) FROM v") == 98, "a sync does not disturb a reader")
                try reader.execute("COMMIT")
            }
            try store.begin()
            try store.apply(rows(offset..<offset + 1, text: String(repeating: "y", count: 3000)), to: Self.view)
            try store.commit([progress(offset, token)])
            if offset > 300 { largest = max(largest, store.database.walPageCount) }
        }
        #expect(largest < 200, "the log has \(largest) pages, and 50 are a reason to copy it")
        #expect(try count(in: store) == 398)
    }

    @Test func `what was synced is in the file without its log`() throws {
        let (store, token) = try published()
        try store.begin()
        try store.apply(rows(0..<10, text: "a"), to: Self.view)
        try store.commit([progress(2, token)])
        let unsynced = try #require(try place.copy() as? SQLitePlace)
        try store.sync()
        let synced = try #require(try place.copy() as? SQLitePlace)
        for copy in [unsynced, synced] { try FileManager.default.removeItem(atPath: copy.path + "-wal") }
        let survivor = try SQLiteStore(path: synced.path)
        #expect(try count(in: survivor) == 10)
        #expect(try survivor.progress() == [progress(2, token)])
        #expect(throws: StoreError.self, "nothing of it was in the file before") {
            _ = try count(in: SQLiteStore(path: unsynced.path))
        }
    }
}
