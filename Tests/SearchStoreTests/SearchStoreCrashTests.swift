import Relational
import SearchStore
import TestSupport
import Testing
import ViewStores

/// A process or a connection that ends at any request of an epoch or a rebuild.
@Suite struct SearchStoreCrashTests {
    private static let old: [Int64: String] = [1: "red shoe", 2: "blue hat", 3: "green coat", 4: "scarf"]
    private static let new: [Int64: String] = [1: "red boot", 3: "green coat", 4: "wool scarf", 5: "belt", 6: "sock"]

    /// A server with the old rows at offset 10, and who owns it.
    private static func place() throws -> (DoublePlace, SearchStore, token: Int64) {
        let place = try DoublePlace()
        place.options.requestByteCount = 150
        let store = try place.store()
        let token = try store.claim(logID: "log")
        try Sample.publish(rows(old), in: store, token, at: 10)
        return (place, store, token)
    }

    private static func rows(_ names: [Int64: String]) throws -> ZSet {
        var rows = ZSet()
        for (id, name) in names.sorted(by: { $0.key < $1.key }) { try Sample.append(["\(id)", name], 1, to: &rows) }
        return rows
    }

    /// What leads from some rows to others.
    private static func difference(from held: [Int64: String], to wanted: [Int64: String]) throws -> ZSet {
        var delta = ZSet()
        for (id, name) in held where wanted[id] != name { try Sample.append(["\(id)", name], -1, to: &delta) }
        for (id, name) in wanted where held[id] != name { try Sample.append(["\(id)", name], 1, to: &delta) }
        return delta
    }

    /// Does `first` once for each of its requests, which is lost on its way to the server or back, and `then` with what came of it.
    private static func atEveryRequest(
        _ fault: SearchDouble.Fault,
        _ first: (SearchStore, Int64) throws -> Void,
        then: (DoublePlace, SearchStore, Int64, StoreError?, _ request: String) throws -> Void
    ) throws {
        var number = 0
        var isOver = false
        while !isOver {
            let (place, store, token) = try place()
            place.server.fail(after: number, fault)
            var problem: StoreError?
            do {
                try first(store, token)
            } catch let error as StoreError {
                problem = error
            }
            isOver = place.server.faultCount > 0
            place.server.removeFaults()
            try then(place, store, token, problem, "request \(number)")
            number += 1
        }
        #expect(number > 5, "an epoch has a request for progress, several for rows, and another for progress")
    }

    @Test(arguments: [SearchDouble.Fault.dropBefore, .dropAfter, .status(503), .items(1)])
    func `who comes after a crash at any request of an epoch finds old rows, new ones, or that it does not know`(
        fault: SearchDouble.Fault
    ) throws {
        let delta = try Self.difference(from: Self.old, to: Self.new)
        try Self.atEveryRequest(fault) { store, token in
            try Sample.write(delta, in: store, token, at: 20)
        } then: { place, store, token, _, request in
            let later = try place.store()
            let laterToken = try later.claim(logID: "log")
            let held = try Sample.names(in: later)
            switch try later.progress().first?.offset.rawValue {
            case 10: #expect(held == Self.old, "\(request)")
            case 20: #expect(held == Self.new, "\(request)")
            case StoreProgress.unknownOffset.rawValue:
                let mended = try Self.difference(from: held, to: Self.new)
                guard !mended.isEmpty else { break }
                try Sample.write(mended, in: later, laterToken, at: 20)
                #expect(try Sample.names(in: later) == Self.new, "\(request)")
            case let offset: Issue.record("\(request): offset \(offset ?? 0)")
            }
            #expect(try Sample.refusal { try Sample.write(delta, in: store, token, at: 30) }.code == .foreign)
        }
    }

    @Test(arguments: [SearchDouble.Fault.dropBefore, .dropAfter, .status(429), .status(503), .items(1)])
    func `an epoch that failed at any request is repeated, and counts once`(fault: SearchDouble.Fault) throws {
        let delta = try Self.difference(from: Self.old, to: Self.new)
        try Self.atEveryRequest(fault) { store, token in
            try Sample.write(delta, in: store, token, at: 20)
        } then: { _, store, token, problem, request in
            #expect(problem == nil || problem?.code == .unavailable, "\(request): \(problem?.message ?? "")")
            // A commit whose answer was lost is found, as the keeper of the store does.
            let isDone = try store.progress().first?.offset == Offset(20)
            #expect(isDone || problem != nil, "\(request)")
            if !isDone { try Sample.write(delta, in: store, token, at: 20) }
            #expect(try Sample.names(in: store) == Self.new, "\(request)")
            #expect(try store.progress().first?.offset == Offset(20), "\(request)")
            try Sample.write(Sample.rows(["9", "next"]), in: store, token, at: 30)
        }
    }

    @Test(arguments: [SearchDouble.Fault.dropBefore, .dropAfter, .status(503), .items(1)])
    func `a rebuild that ends at any request leaves readers the old rows or the new ones, and no index too many`(
        fault: SearchDouble.Fault
    ) throws {
        let rows = try Self.rows(Self.new)
        try Self.atEveryRequest(fault) { store, token in
            try Sample.publish(rows, in: store, token, at: 20)
        } then: { place, _, _, _, request in
            let shown = place.server.documents(of: "shop-products").count
            #expect([Self.old.count, Self.new.count].contains(shown), "\(request)")
            let later = try place.store()
            _ = try later.claim(logID: "log")
            let isNew = try later.progress().first?.offset == Offset(20)
            let wanted = isNew ? Self.new : Self.old
            #expect(try Sample.names(in: later) == wanted, "\(request)")
            #expect(place.server.documents(of: "shop-products").count == wanted.count, "\(request)")
            #expect(place.server.names.count { !$0.contains(" -> ") } == 2, "\(request): \(place.server.names)")
        }
    }

    @Test(arguments: [SearchDouble.Fault.dropBefore, .status(503)])
    func `readers who could not be shown a rebuild are shown it with the next commit`(fault: SearchDouble.Fault) throws
    {
        let (place, store, token) = try Self.place()
        for _ in 0..<3 { place.server.fail("POST /_aliases", fault) }
        try Sample.publish(Self.rows(Self.new), in: store, token, at: 20)
        #expect(place.server.documents(of: "shop-products").count == Self.old.count)
        #expect(store.warning?.contains("not shown the newest rows") == true)
        place.server.removeFaults()
        try store.noteProgress([])
        #expect(place.server.documents(of: "shop-products").count == Self.new.count)
        #expect(store.warning == nil)
    }

    @Test func `a server that went back behind its commits is noticed, and its views are built again`() throws {
        let (place, store, token) = try Self.place()
        let snapshot = try place.server.copy()
        try Sample.write(Sample.rows(["9", "lost"]), in: store, token, at: 20)
        place.server.restore(snapshot)
        let error = try Sample.refusal { try Sample.write(Sample.rows(["10", "late"]), in: store, token, at: 30) }
        #expect(error.code == .inconsistent && error.message.contains("went back"))
        #expect(try Sample.names(in: store) == Self.old)
        try Sample.publish(Self.rows(Self.new), in: store, token, at: 30)
        try Sample.write(Sample.rows(["10", "late"]), in: store, token, at: 40)
        place.server.restore(nil)
        #expect(
            try Sample.refusal { try Sample.write(Sample.rows(["11", "x"]), in: store, token, at: 50) }.code
                == .inconsistent
        )
        try Sample.publish(Self.rows(Self.old), in: store, token, at: 50)
        #expect(try Sample.names(in: store) == Self.old)
    }

    @Test func `an index that somebody removed is not made again by rows, and its view is built anew`() throws {
        let (place, store, token) = try Self.place()
        _ = try place.server.send("DELETE", "/shop-products-1", "")
        let error = try Sample.refusal { try Sample.write(Sample.rows(["9", "x"]), in: store, token, at: 20) }
        #expect(error.code == .inconsistent && error.view == "products", "\(error)")
        #expect(place.server.names == ["shop-leftfold-progress"])
        let later = try place.store()
        _ = try later.claim(logID: "log")
        #expect(try later.progress().isEmpty)
    }
}
