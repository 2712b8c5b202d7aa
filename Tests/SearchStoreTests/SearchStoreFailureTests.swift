import Relational
import SearchStore
import TestSupport
import Testing
import ViewStores

/// What happens to rows that a server rejects, refuses or has no room for.
@Suite struct SearchStoreFailureTests {
    private let place: DoublePlace
    private let store: SearchStore
    private let token: Int64

    init() throws {
        place = try DoublePlace()
        store = try place.store()
        token = try store.claim(logID: "log")
        try Sample.publish(Sample.rows(["1", "red shoe"], ["2", "blue hat"]), in: store, token, at: 10)
    }

    private func write(_ rows: borrowing ZSet, _ offset: Int64) throws {
        try Sample.write(rows, in: store, token, at: offset)
    }

    private var offset: Int64 { get throws { try store.progress().first?.offset.rawValue ?? 0 } }

    private var documents: [String: String] { place.server.documents(of: "shop-products") }

    @Test(arguments: [SearchDouble.Fault.status(429), .items(0), .items(1)])
    func `rows that a busy server rejects are sent again`(fault: SearchDouble.Fault) throws {
        place.server.fail("POST /_bulk", fault)
        try write(Sample.rows(["3", "coat"], ["4", "scarf"]), 20)
        #expect(documents.keys.sorted() == ["1", "2", "3", "4"])
        #expect(try offset == 20)
        #expect(place.server.requestCount("POST /_bulk") == 3)
        place.server.fail("POST /_bulk", fault)
        try Sample.publish(Sample.rows(["5", "belt"], ["6", "sock"]), in: store, token, at: 30)
        #expect(documents.keys.sorted() == ["5", "6"])
    }

    @Test(arguments: ["POST /_bulk", "PUT /shop-leftfold-progress/_doc"], [429, 503])
    func `a server that stays busy is tried again with the same epoch`(request: String, status: Int) throws {
        for _ in 0..<3 { place.server.fail(request, .status(status)) }
        let error = try Sample.refusal { try write(Sample.rows(["3", "green coat"]), 20) }
        #expect(error.code == .unavailable)
        #expect(documents["3"] == nil)
        place.server.removeFaults()
        try write(Sample.rows(["3", "green coat"]), 20)
        #expect(documents["3"] == #"{"id":3,"name":"green coat"}"#)
        #expect(try offset == 20)
    }

    @Test func `an epoch of which some rows were taken is nobody's until it is repeated`() throws {
        for _ in 0..<3 { place.server.fail("POST /_bulk", .items(1)) }
        let many = try Sample.rows(["3", "a"], ["4", "b"], ["5", "c"], ["6", "d"])
        #expect(try Sample.refusal { try write(many, 20) }.code == .unavailable)
        #expect(documents.count == 5)
        #expect(try store.progress().first?.offset == StoreProgress.unknownOffset)
        #expect(try Sample.refusal { try write(Sample.rows(["7", "belt"]), 30) }.code == .inconsistent)
        try write(many, 20)
        #expect(documents.keys.sorted() == ["1", "2", "3", "4", "5", "6"])
        #expect(try offset == 20)
    }

    @Test func `a refused document stops its view with the server's reason, and no value of it is told`() throws {
        place.server.refuse(id: "3")
        let error = try Sample.refusal { try write(Sample.rows(["3", "coat"], ["4", "scarf"]), 20) }
        #expect(error.code == .unsupported && error.view == "products")
        #expect(
            error.message
                == "view \"products\": document \"3\" was refused by the server: mapper_parsing_exception: item 0."
        )
        #expect(error.hint?.contains("leftfold rebuild products") == true)
        // The other views of the epoch go on with it.
        #expect(try store.progress().first?.offset == StoreProgress.unknownOffset)
    }

    @Test func `a full disk and a user without rights are the store's trouble, not the view's`() throws {
        place.server.fail("POST /_bulk", .status(403, type: "cluster_block_exception"))
        let full = try Sample.refusal { try write(Sample.rows(["3", "coat"]), 20) }
        #expect(full.code == .unavailable && full.message.contains("blocks changes"), "\(full)")
        place.server.fail("POST /_bulk", .status(403, type: "security_exception"))
        let rights = try Sample.refusal { try write(Sample.rows(["3", "coat"]), 20) }
        #expect(rights.code == .unavailable && rights.message.contains("does not let this user in"), "\(rights)")
        try write(Sample.rows(["3", "coat"]), 20)
    }

    @Test func `a request that is too large is sent in parts, and a document that is alone stops its view`() throws {
        place.server.limit(byteCount: 1000)
        var many = ZSet()
        for id in 10..<60 { try Sample.append(["\(id)", "name \(id)"], 1, to: &many) }
        try write(many, 20)
        #expect(documents.count == 52)
        let huge = String(repeating: "x", count: 2000)
        let error = try Sample.refusal { try write(Sample.rows(["70", "small"], ["71", huge]), 30) }
        #expect(error.code == .unsupported && error.view == "products")
        #expect(error.message == "view \"products\": document \"71\" is too large", "\(error)")
        #expect(error.hint?.contains("http.max_content_length") == true)
    }

    @Test func `a bulk request that comes late changes nothing that was written after it`() throws {
        try write(Sample.rows(["3", "new"]), 20)
        var delta = ZSet()
        try Sample.append(["1", "red shoe"], -1, to: &delta)
        try write(delta, 30)
        for id in ["1", "3"] {
            let late =
                #"{"index":{"_index":"shop-products-1","_id":"\#(id)","version_type":"external_gte","version":2}}"#
            let answer = try place.server.send("POST", "/_bulk", late + "\n{\"id\":\(id),\"name\":\"old\"}\n")
            #expect(answer.contains("409"))
        }
        #expect(documents["3"] == #"{"id":3,"name":"new"}"#)
        #expect(documents["1"] == nil)
    }

    @Test func `a key that has no room in a document's name is refused`() throws {
        let long = String(repeating: "k", count: 600)
        let view = Sample.view("by_name", key: [1])
        try store.beginGeneration(of: view)
        #expect(try Sample.refusal { try store.append(Sample.rows(["1", long]), to: view) }.code == .unsupported)
    }

    @Test func `json with line breaks and spaces is kept to the letter`() throws {
        let json = ScalarType(oid: .json, name: "json")
        let list = ScalarType(oid: TypeOID(199), name: "json[]")
        let view = Sample.view(
            "notes",
            adding: [
                StoreColumn(name: "note", type: json, isNotNull: false),
                StoreColumn(name: "list", type: list, isNotNull: false),
            ]
        )
        let texts = [
            "{\n \"a\" : \"x\\ny\"\n}", " \"b\"", "\"c\"", " null", "null", "\n", "[1,\r\n2]", "\"\\\"d\\\"\" ", "  {}",
        ]
        var wanted: [Int64: String] = [:]
        var rows = ZSet()
        for (id, text) in texts.enumerated() where text != "\n" {
            try Sample.append(["\(id)", "n", text, "{\"[1,\\\\n2]\",\"{\n}\"}"], 1, to: &rows, of: view)
            wanted[Int64(id)] = text
        }
        try Sample.publish(rows, as: view, in: store, token, at: 10)
        var held: [Int64: String] = [:]
        var lists: Set<String> = []
        try store.scan(view) { rows in
            for index in 0..<rows.count {
                let row = rows.row(at: index)
                held[row.int(0)] = row.isNull(2) ? "NULL" : String(decoding: row.bytes(2), as: UTF8.self)
                lists.insert(String(decoding: row.bytes(3), as: UTF8.self))
            }
        }
        #expect(held == wanted)
        #expect(lists == ["{\"[1,\\\\n2]\",\"{\n}\"}"])
    }
}
