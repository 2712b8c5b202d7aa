import Relational
import SearchStore
import TestSupport
import Testing
import ViewStores

/// The store and what else is on the server; and what readers find there.
@Suite struct SearchStoreServerTests {
    private let place: DoublePlace
    private let store: SearchStore
    private let token: Int64

    init() throws {
        place = try DoublePlace()
        store = try place.store()
        token = try store.claim(logID: "log")
        try Sample.publish(Sample.rows(["1", "red shoe"], ["2", "blue hat"]), in: store, token, at: 10)
    }

    @Test func `an index or alias of somebody else is refused and stays`() throws {
        place.server.makeIndex("shop-hats")
        let index = try Sample.refusal { try store.beginGeneration(of: Sample.view("hats")) }
        #expect(index.code == .nameTaken && index.message.contains("an index shop-hats that Leftfold did not make"))
        place.server.makeIndex("theirs")
        _ = try place.server.send(
            "POST",
            "/_aliases",
            #"{"actions":[{"add":{"index":"theirs","alias":"shop-caps"}}]}"#
        )
        let alias = try Sample.refusal { try store.beginGeneration(of: Sample.view("caps")) }
        #expect(alias.code == .nameTaken && alias.message.contains("an alias shop-caps, of index theirs, that"))
        #expect(alias.hint?.contains("/theirs") == true)
        place.server.makeIndex("shop-socks-2")
        #expect(try Sample.refusal { try store.beginGeneration(of: Sample.view("socks")) }.code == .unsupported)
        #expect(try Sample.refusal { try store.checkName(of: Sample.view("hats")) }.code == .nameTaken)
        try store.checkName(of: Sample.view("scarves"))
        #expect(place.server.names.filter { ["shop-hats", "theirs", "shop-socks-2"].contains($0) }.count == 3)
        try Sample.write(Sample.rows(["3", "coat"]), in: store, token, at: 20)
    }

    @Test func `a server whose progress index is another's is refused`() throws {
        let server = try SearchDouble()
        server.makeIndex("shop-leftfold-progress")
        let other = try DoublePlace(server).store()
        #expect(try Sample.refusal { _ = try other.claim(logID: "log") }.code == .foreign)
        for state in ["{}", #"{"format":"2"}"#] {
            _ = try server.send("PUT", "/shop-leftfold-progress/_doc/state", state)
            #expect(try Sample.refusal { _ = try DoublePlace(server).store() }.code == .foreign)
        }
    }

    @Test func `numbers that cannot grow are no progress of ours`() throws {
        let held = try #require(place.server.documents(of: "shop-leftfold-progress")["state"])
        let huge = held.replacing("\"token\":\(token)", with: "\"token\":\(Int64.max)")
        #expect(huge != held)
        _ = try place.server.send("PUT", "/shop-leftfold-progress/_doc/state", huge)
        #expect(try Sample.refusal { _ = try place.store() }.code == .foreign)
    }

    @Test func `a server that is another one, or too old, is refused`() throws {
        for (version, words) in [
            (["number": "7.9.3"], "too old"), (["name": "nginx"], "neither OpenSearch nor Elasticsearch"),
        ] {
            place.server.claimToBe(version)
            let error = try Sample.refusal { _ = try place.store() }
            #expect(error.code == .unavailable && error.message.contains(words), "\(error)")
        }
        for version in [
            ["number": "7.10.2"], ["number": "8.15.0"], ["number": "10.0.0"],
            ["number": "1.0.0", "distribution": "opensearch"],
        ] {
            place.server.claimToBe(version)
            _ = try place.store()
        }
    }

    @Test func `wrong credentials say what to write, and a URL is never told`() throws {
        for url in [place.server.urlWithoutUser, place.server.url.replacing("secret", with: "wrong")] {
            let error = try Sample.refusal { _ = try SearchStore(url: url, prefix: "shop") }
            #expect(error.code == .unavailable && error.message.contains("does not let this user in"))
            #expect(!"\(error) \(error.detail ?? "") \(error.hint ?? "")".contains("wrong"))
        }
        for url in ["http://a:s3cret@", "ftp://a:s3cret@h", "http://a:s3cret@h/path", "http://a:s3cret@h?x=y"] {
            let error = try Sample.refusal { _ = try SearchStore(url: url, prefix: "shop") }
            #expect(!"\(error) \(error.detail ?? "") \(error.hint ?? "")".contains("s3cret"))
        }
        let away = try SearchDouble().url
        #expect(try Sample.refusal { _ = try SearchStore(url: away, prefix: "shop") }.code == .unavailable)
        for prefix in ["", "Shop", "-a", "a b", "a/b", "a*"] {
            let error = try Sample.refusal { _ = try SearchStore(url: place.server.url, prefix: prefix) }
            #expect(error.code == .unsupported, "\(prefix)")
        }
    }

    @Test func `a rebuild swaps the alias and removes the index before`() throws {
        #expect(place.server.names.contains("shop-products -> shop-products-1"))
        try store.beginGeneration(of: Sample.products)
        try store.append(Sample.rows(["9", "new"]), to: Sample.products)
        #expect(place.server.documents(of: "shop-products").count == 2)
        try store.begin()
        try store.publish(Sample.products)
        try store.commit([Sample.step(20, token)])
        #expect(
            place.server.names == [
                "shop-leftfold-progress", "shop-products-2", "shop-products -> shop-products-2",
                "shop-products-2-rows -> shop-products-2",
            ]
        )
        #expect(place.server.documents(of: "shop-products").keys.sorted() == ["9"])
    }

    @Test func `indexed columns are text and the others are not`() throws {
        let mapping = place.server.mapping(of: "shop-products")
        #expect(mapping.contains(#""name":{"analyzer":"standard","type":"text"}"#))
        #expect(mapping.contains(#""id":{"ignore_malformed":true,"type":"long"}"#))
    }

    @Test func `words are found with rank and place`() throws {
        try Sample.write(Sample.rows(["3", "red hat"]), in: store, token, at: 20)
        let query = try #require(SearchQuery(parsing: "red hat"))
        let found = try store.find(query, in: Sample.products, limit: 10)
        try #require(found.count == 1)
        #expect(found[0].row.int(0) == 3 && found[0].rank == 4)
        #expect(found[0].snippet == "red [hat]" || found[0].snippet == "[red] hat")
        let more = try store.find(try #require(SearchQuery(parsing: "red")), in: Sample.products, limit: nil)
        #expect(more.count == 2)
        let missing = try Sample.refusal { _ = try store.find(query, in: Sample.view("nobody"), limit: nil) }
        #expect(missing.code == .unsupported && missing.message.contains("has no search view \"nobody\""))
    }

    @Test func `a destroyed store leaves what others made`() throws {
        place.server.makeIndex("shop-hats")
        let done = try SearchStore.destroy(url: place.server.url, prefix: "shop")
        #expect(done == ["DELETE /shop-products-1", "DELETE /shop-leftfold-progress"])
        #expect(place.server.names == ["shop-hats"])
    }
}
