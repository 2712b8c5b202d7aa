import Foundation
import RedisStore
import TestSupport
import ViewStores

/// One server for the suites of this module.
enum SharedServer {
    static let redis: ThrowawayRedis = {
        do {
            return try ThrowawayRedis()
        } catch {
            // A live suite may not skip silently.
            fatalError("no redis-server for the tests of the store: \(error)")
        }
    }()
}

/// A database of its own on the shared server.
final class RedisPlace: StorePlace {
    let server: ThrowawayRedis
    let database: Int
    let options: RedisStore.Options

    init(_ server: ThrowawayRedis = SharedServer.redis, options: RedisStore.Options = .init()) {
        self.server = server
        self.options = options
        database = server.makeDatabase()
    }

    var url: String { server.url(database: database) }

    func open() throws -> any ViewStore { try store() }

    func store() throws -> RedisStore { try RedisStore(url: url, prefix: "p", options: options) }

    /// What is there now, in a database of its own: a server forgets the connections of processes that are killed.
    func copy() throws -> (any StorePlace)? {
        let place = RedisPlace(server, options: options)
        _ = try server.cli(
            database: database,
            [
                "EVAL", "for _, k in ipairs(redis.call('KEYS', '*')) do redis.call('COPY', k, k, 'DB', ARGV[1]) end",
                "0", String(place.database),
            ]
        )
        return place
    }
}
