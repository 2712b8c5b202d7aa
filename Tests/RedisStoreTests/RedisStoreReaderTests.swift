import Relational
import TestSupport
import Testing
import ViewStores

@testable import RedisStore

/// What other clients of the server see.
@Suite struct RedisStoreReaderTests {
    private let place = RedisPlace()

    private func cli(_ words: String...) throws -> String {
        String(try place.server.cli(database: place.database, words).dropLast())
    }

    @Test func `a row is a JSON document under prefix, view and key`() throws {
        let store = try place.store()
        let token = try store.claim(logID: "log")
        try Sample.publish(Sample.products(), Sample.rows([7], "a \"kettle\"\n"), in: store, token)
        #expect(try cli("GET", "p:product:7") == #"{"id":7,"name":"a \"kettle\"\n","price":null}"#)
        #expect(try cli("TTL", "p:product:7") == "-1")
    }

    @Test func `a row of a hash view is a hash without its NULLs, and NULLs go with an update`() throws {
        let view = Sample.products(["format": "hash"])
        let store = try place.store()
        let token = try store.claim(logID: "log")
        try Sample.publish(view, Sample.rows(0..<5, "kettle"), in: store, token)
        #expect(try cli("HGETALL", "p:product:3") == "id\n3\nname\nkettle")
        var delta = Sample.rows([3, 4], "kettle", weight: -1)
        Sample.append([3], nil, 1, to: &delta)
        try store.begin()
        try store.apply(delta, to: view)
        try store.commit([Sample.progress(view, 2, token)])
        #expect(try cli("HGETALL", "p:product:3") == "id\n3")
        #expect(try cli("EXISTS", "p:product:4") == "0")
        #expect(try Sample.names(view, in: store) == [0: "kettle", 1: "kettle", 2: "kettle", 3: "NULL"])
        _ = try cli("HSET", "p:product:1", "name", "pot")
        try store.begin()
        let error = try Sample.refusal { try store.apply(Sample.rows([1], "kettle", weight: -1), to: view) }
        #expect(error.code == .inconsistent)
    }

    @Test(arguments: ["json", "hash"])
    func `rows with a ttl expire, and one that has expired is not missed`(format: String) throws {
        let view = Sample.products(["format": format, "ttl": "1h"])
        let store = try place.store()
        let token = try store.claim(logID: "log")
        try Sample.publish(view, Sample.rows(0..<5, "kettle"), in: store, token)
        #expect(try #require(Int(cli("TTL", "p:product:3"))) > 3500)
        _ = try cli("PEXPIRE", "p:product:3", "100000")
        _ = try cli("DEL", "p:product:4", "p:product:2")
        var delta = Sample.rows([2, 3, 4], "kettle", weight: -1)
        Sample.append([2, 3], "pot", 1, to: &delta)
        try store.begin()
        try store.apply(delta, to: view)
        try store.commit([Sample.progress(view, 2, token)])
        #expect(try #require(Int(cli("TTL", "p:product:3"))) > 3500)
        #expect(try Sample.names(view, in: store) == [0: "kettle", 1: "kettle", 2: "pot", 3: "pot"])
    }

    @Test func `a key is never absent while its view is built anew`() throws {
        let store = try RedisStore(url: place.url, prefix: "p", options: .init(directKeyCount: 1000))
        let token = try store.claim(logID: "log")
        try Sample.publish(Sample.products(), Sample.rows(0..<20_000, "old"), in: store, token)
        let connection = try RedisConnection(RedisAddress(place.url))
        // Unchecked: the thread of the reader is the only one that uses the connection.
        nonisolated(unsafe) let shared = connection
        let reader = KeyReader { ((try? shared.call("GET", "p:product:19999").isNil) ?? true) == false }
        for version in 2..<6 {
            let view = Sample.products(version: "v\(version)")
            try Sample.publish(view, Sample.rows(10_000..<30_000, "new"), in: store, token, at: Int64(version))
            let names = try Sample.names(view, in: store)
            #expect(names.count == 20_000 && Set(names.values) == ["new"], "version \(version): \(names.count)")
        }
        let (reads, missing) = reader.finish()
        #expect(reads > 100 && missing == 0, "\(missing) of \(reads)")
        #expect(try cli("EXISTS", "p:product:0") == "0")
        #expect(try cli("GET", "p:product:10000") == #"{"id":10000,"name":"new","price":null}"#)
    }

    @Test func `a value that is no row, another key's row and another type are found by a scan`() throws {
        let store = try place.store()
        let token = try store.claim(logID: "log")
        let view = Sample.products()
        try Sample.publish(view, Sample.rows(0..<5, "kettle"), in: store, token)
        for (key, words) in [
            ("p:product:1", ["SET", "p:product:1", "rubbish"]),
            ("p:product:2", ["COPY", "p:product:3", "p:product:2", "REPLACE"]),
            ("p:product:9", ["SET", "p:product:9", #"{"id":9,"colour":"red"}"#]),
        ] {
            let before = try cli("GET", key)
            _ = try place.server.cli(database: place.database, words)
            let error = try Sample.refusal { _ = try Sample.names(view, in: store) }
            #expect(error.code == .inconsistent && error.message.contains(key), "\(error)")
            _ = before.isEmpty ? try cli("DEL", key) : try cli("SET", key, before)
        }
        // Written by another hand, and still the same row.
        _ = try cli("SET", "p:product:1", #" { "price" : null, "name":"\u006bettle" ,"id":1 } "#)
        #expect(try Sample.names(view, in: store).count == 5)
        try store.begin()
        try store.apply(Sample.rows([1], "kettle", weight: -1), to: view)
        try store.commit([Sample.progress(view, 2, token)])
        #expect(try Sample.names(view, in: store).count == 4)
    }

    @Test func `a store that is taken away leaves the keys of others`() throws {
        let store = try place.store()
        let token = try store.claim(logID: "log")
        try Sample.publish(Sample.products(), Sample.rows(0..<50, "kettle"), in: store, token)
        _ = try cli("SET", "p:other", "mine")
        _ = try RedisStore.destroy(url: place.url, prefix: "p")
        #expect(try cli("KEYS", "*") == "p:other")
    }
}
