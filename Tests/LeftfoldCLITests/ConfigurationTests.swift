import EventLog
import Relational
import StateFiles
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

@Suite struct ConfigurationTests {
    @Test func `the least configuration gets every default`() throws {
        let configuration = try readConfiguration(leastConfiguration)
        let source = postgres(configuration)
        #expect(source.url == "postgres://localhost/shop")
        #expect(source.slot == "leftfold")
        #expect(source.publication == "leftfold")
        #expect(source.tables == [TableName(schema: "public", name: "orders")])
        #expect(configuration.data == "/etc/app/data")
        #expect(configuration.logDirectory == "/etc/app/data/log")
        #expect(configuration.socketPath == "/etc/app/data/leftfold.sock")
        #expect(configuration.views == "/etc/app/views")
        #expect(configuration.stores == [.init(name: "main", target: .sqlite(path: "/etc/app/data/views.db"))])
        #expect(configuration.retention == LogRetention(fallback: .compact))
        #expect(configuration.compaction == CompactionConfiguration())
        #expect(configuration.memoryBudget == MachineMemory.current.standardBudget)
        #expect(configuration.state == StateConfiguration(checkpointInterval: .seconds(5), diskLimitBytes: nil))
        #expect(configuration.verify == nil && configuration.http == nil)
    }

    @Test func `the whole surface is read`() throws {
        let yaml = """
            source:
              postgres:
                url: ${DATABASE_URL}
                slot: shop_slot
                publication: Shop Publication
                tables: [public.orders, Customers, sales."Odd ""Name", events, audit, clicks]
            data: /var/lib/leftfold
            retention: { default: compact, public.events: keep, audit: 30d, public.clicks: 10GB, 'sales."Odd"': 90m }
            compaction: { max_lag: 12h }
            memory_budget: 1GB
            workers: 3
            state: { checkpoint: 1s, disk: 50GB }
            stores:
              main:  { sqlite: data/views.db }
              pg:    { postgres: "${DATABASE_URL}", schema: folded, queue_limit: 256MB }
              cache: { redis: "redis://127.0.0.1:6379", prefix: "shop" }
              words: { opensearch: "http://user:s3cret@127.0.0.1:9200", prefix: "shop" }
            views: ~/views
            verify: { every: 1h, sample: 1% }
            http: { listen: "127.0.0.1:7171" }
            """
        let configuration = try readConfiguration(
            yaml.replacing("Odd \"\"Name\"", with: "Odd\""),
            environment: ["DATABASE_URL": "host=/tmp dbname=shop"],
            support: .everything
        )
        let source = postgres(configuration)
        #expect(source.url == "host=/tmp dbname=shop")
        #expect(source.slot == "shop_slot" && source.publication == "Shop Publication")
        #expect(
            source.tables.map(\.description) == [
                "public.orders", "public.customers", "sales.\"Odd\"", "public.events", "public.audit", "public.clicks",
            ]
        )
        #expect(configuration.data == "/var/lib/leftfold")
        #expect(configuration.retention.fallback == .compact)
        #expect(
            configuration.retention.relations == [
                QualifiedName(schema: "public", name: "events"): .keep,
                QualifiedName(schema: "public", name: "audit"): .time(microseconds: 30 * 86_400_000_000),
                QualifiedName(schema: "public", name: "clicks"): .size(byteCount: 10 << 30),
                QualifiedName(schema: "sales", name: "Odd"): .time(microseconds: 5_400_000_000),
            ]
        )
        #expect(configuration.compaction.maxLag == .seconds(12 * 3600))
        #expect(configuration.memoryBudget == 1 << 30)
        #expect(configuration.workers == 3)
        #expect(configuration.state == StateConfiguration(checkpointInterval: .seconds(1), diskLimitBytes: 50 << 30))
        #expect(
            configuration.stateOptions.byteMax == 50 << 30
                && configuration.stateOptions.cacheByteLimit == configuration.memory.cacheByteMax
        )
        #expect(configuration.stores.map(\.name) == ["main", "pg", "cache", "words"])
        #expect(configuration.stores.map(\.kind) == [.sqlite, .postgres, .redis, .opensearch])
        #expect(
            configuration.store(named: "pg")?.target == .postgres(url: "host=/tmp dbname=shop", schema: "folded")
        )
        #expect(configuration.stores.map(\.queueLimitBytes) == [nil, 256 << 20, nil, nil])
        #expect(configuration.store(named: "pg")?.opening(cacheByteMax: 0).queueByteMax == 256 << 20)
        #expect(configuration.views == "/home/ada/views")
        #expect(configuration.verify == VerifyConfiguration(every: .seconds(3600), sample: 0.01))
        #expect(configuration.http == HTTPConfiguration(host: "127.0.0.1", port: 7171, token: nil))
    }

    @Test func `the settings of a run of compaction are those of the configuration`() throws {
        let (least, standard) = (
            try readConfiguration(leastConfiguration).compactionOptions(now: 7), CompactionOptions(now: 7)
        )
        #expect(least.retention == standard.retention && least.now == 7)
        #expect(least.minLag == standard.minLag && least.maxLag == standard.maxLag)
        #expect(least.minAge == standard.minAge && least.maxHold == standard.maxHold)
        #expect(least.maxHoldByteCount == standard.maxHoldByteCount)
        #expect(least.keyMapByteLimit == standard.keyMapByteLimit && least.bytesPerSecond == nil)
        #expect(least.only == nil && !least.isForced)
        let yaml = """
            retention: { default: keep, orders: 1s }
            compaction:
              { min_lag: 1ms, max_lag: 2ms, tombstones: { min_age: 0, max_hold: 3us, max_bytes: 4MB }, key_map: 5MB,
                bytes_per_second: 64kB }
            """
        let all = try readConfiguration(leastConfiguration + "\n" + yaml).compactionOptions(now: 8)
        let orders = QualifiedName(schema: "public", name: "orders")
        #expect(all.retention == LogRetention(fallback: .keep, relations: [orders: .time(microseconds: 1_000_000)]))
        #expect(all.minLag == 1000 && all.maxLag == 2000 && all.minAge == 0 && all.maxHold == 3)
        #expect(all.maxHoldByteCount == 4 << 20 && all.keyMapByteLimit == 5 << 20 && all.bytesPerSecond == 64 << 10)
    }

    @Test(arguments: [
        "compact", "keep", "30d", "25h", "90min", "61s", "1500ms", "7us", "10GB", "1025MB", "3kB", "5B", "2TB",
    ])
    func `a retention is printed as it is written`(text: String) {
        #expect(Retention(parsing: text)?.text == text)
    }

    @Test func `the default store exists beside named ones and follows the data folder`() throws {
        let yaml = leastConfiguration + "\ndata: /srv\nstores:\n  side: { sqlite: side.db }\n"
        let stores = try readConfiguration(yaml).stores
        #expect(
            stores == [
                .init(name: "main", target: .sqlite(path: "/srv/views.db")),
                .init(name: "side", target: .sqlite(path: "/etc/app/side.db")),
            ]
        )
    }

    @Test func `a variable's text is never read as YAML`() throws {
        let hostile = "postgres://u:p\"]}\n: #@h/d"
        let configuration = try readConfiguration(
            leastConfiguration.replacing("postgres://localhost/shop", with: "${URL}"),
            environment: ["URL": hostile]
        )
        let source = postgres(configuration)
        #expect(source.url == hostile)
    }

    @Test(arguments: [
        ("${HERE:-x}", "there"), ("${GONE:-x}", "x"), ("${EMPTY:-x}", "x"), ("a${HERE}b${HERE}", "atherebthere"),
        ("$${HERE}", "${HERE}"), ("a$b", "a$b"), ("${GONE:-}/x", "/x"),
    ])
    func `interpolation fills in variables and defaults`(written: String, meant: String) throws {
        let yaml = leastConfiguration + "\ndata: '\(written)'\n"
        let configuration = try readConfiguration(yaml, environment: ["HERE": "there", "EMPTY": ""])
        #expect(configuration.data == Configuration.resolve(meant, against: "/etc/app", home: nil))
    }

    @Test func `aliases stand for what they name`() throws {
        let yaml = """
            source: { postgres: { url: "postgres://h/d", tables: &t [orders] } }
            data: &d ./x
            views: *d
            """
        #expect(try readConfiguration(yaml).views == "/etc/app/x")
    }

    @Test func `every problem of a file is reported in one go`() {
        let found = configurationProblems("sorce: {}\ndata: []\nviews: {}\n")
        #expect(found.count == 4, "\(found)")
    }

    @Test func `no message repeats a connection string or a token`() {
        let yaml = """
            source: { postgres: { url: "mysql://ada:s3cret@h/d", tables: [a] } }
            http: { listen: "0.0.0.0:99999", token: s3cret }
            stores: { main: { redis: "s3cret" } }
            """
        let found = configurationProblems(yaml)
        #expect(found.count >= 4)
        #expect(found.allSatisfy { !$0.contains("s3cret") }, "\(found)")
        let broken = configurationProblems("source: {postgres: {url: 's3cret\n\t- ]")
        #expect(broken.count == 1 && !broken[0].contains("s3cret"), "\(broken)")
    }
}
