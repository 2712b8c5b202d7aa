import Testing

/// A bad input and the start of the problem it must give.
struct BadInput: CustomTestStringConvertible, Sendable {
    var yaml: String
    var expected: String

    init(_ yaml: String, _ expected: String) {
        self.yaml = yaml
        self.expected = expected
    }

    /// The least configuration with something added.
    static func adding(_ yaml: String, _ expected: String) -> BadInput {
        BadInput(leastConfiguration + "\n" + yaml, expected)
    }

    /// The least configuration with a part replaced.
    static func replacing(_ part: String, _ other: String, _ expected: String) -> BadInput {
        BadInput(leastConfiguration.replacing(part, with: other), expected)
    }

    var testDescription: String { expected }
}

@Suite struct ConfigurationProblemTests {
    private static let hint = "compact, keep, a time such as 30d, or a size such as 10GB"

    static let retention: [BadInput] = [
        .adding("retention: compact", "leftfold.yaml:5:12: retention must be a mapping and is a single value"),
        .adding("retention:", "leftfold.yaml:5:1: retention must be a mapping and is no value"),
        .adding("retention: {default: }", "leftfold.yaml:5:13: retention.default must be a single value and is no"),
        .adding(
            "retention: {default: [keep]}",
            "leftfold.yaml:5:22: retention.default must be a single value and is a"
        ),
        .adding(
            "retention: {default: forever}",
            "leftfold.yaml:5:22: retention.default \"forever\" is not a retention; \(hint)"
        ),
        .adding("retention: {default: 0d}", "leftfold.yaml:5:22: retention.default \"0d\" is not a retention; \(hint)"),
        .adding("retention: {default: 0GB}", "leftfold.yaml:5:22: retention.default \"0GB\" is not a retention"),
        .adding("retention: {orders: -30d}", "leftfold.yaml:5:21: retention.orders \"-30d\" is not a retention"),
        .adding("retention: {orders: 30}", "leftfold.yaml:5:21: retention.orders \"30\" is not a retention"),
        .adding("retention: {orders: 1.5d}", "leftfold.yaml:5:21: retention.orders \"1.5d\" is not a retention"),
        .adding("retention: {orders: 36501d}", "leftfold.yaml:5:21: retention.orders is above 36500d; write keep"),
        .adding("retention: {a b: keep}", "leftfold.yaml:5:13: \"a b\" is neither default nor a table name"),
        .adding(
            "retention: {public.odrers: keep}",
            "leftfold.yaml:5:13: retention names public.odrers, which is not in source.postgres.tables; "
                + "did you mean \"public.orders\"?"
        ),
        .adding(
            "retention: {order: keep}",
            "leftfold.yaml:5:13: retention names public.order, which is not in source.postgres.tables; "
                + "did you mean \"orders\"?"
        ),
        .adding(
            "retention: {defualt: keep}",
            "leftfold.yaml:5:13: retention names public.defualt, which is not in source.postgres.tables; "
                + "did you mean \"default\"?"
        ),
        .adding(
            "retention: {max_lag: 1h}",
            "leftfold.yaml:5:13: retention names public.max_lag, which is not in source.postgres.tables; "
                + "it belongs to compaction"
        ),
        .adding(
            "retention: {orders: keep, public.Orders: compact}",
            "leftfold.yaml:5:27: public.orders is listed twice"
        ),
    ]

    static let compaction: [BadInput] = [
        .adding("compaction: 1h", "leftfold.yaml:5:13: compaction must be a mapping and is a single value"),
        .adding(
            "compaction: {max_leg: 1h}",
            "leftfold.yaml:5:14: unknown key \"max_leg\" in compaction; did you mean \"max_lag\"?"
        ),
        .adding(
            "compaction: {min_age: 1h}",
            "leftfold.yaml:5:14: unknown key \"min_age\" in compaction; it belongs to compaction.tombstones"
        ),
        .adding(
            "compaction: {tombstones: {max_lag: 1h}}",
            "leftfold.yaml:5:27: unknown key \"max_lag\" in compaction.tombstones; it belongs to compaction"
        ),
        .adding(
            "compaction: {max_lag: soon}",
            "leftfold.yaml:5:23: compaction.max_lag \"soon\" is not a time such as 24h"
        ),
        .adding(
            "compaction: {max_lag: -1h}",
            "leftfold.yaml:5:23: compaction.max_lag \"-1h\" is not a time such as 24h"
        ),
        .adding("compaction: {max_lag: 24}", "leftfold.yaml:5:23: compaction.max_lag \"24\" is not a time such as 24h"),
        .adding("compaction: {max_lag: 0}", "leftfold.yaml:5:23: compaction.max_lag must be above 0; write a time"),
        .adding(
            "compaction: {max_lag: 36501d}",
            "leftfold.yaml:5:23: compaction.max_lag is above 36500d; write a time"
        ),
        .adding(
            "compaction: {max_lag: 999999999999999d}",
            "leftfold.yaml:5:23: compaction.max_lag \"999999999999999d\" is not a time such as 24h"
        ),
        .adding(
            "compaction: {min_lag: 2h, max_lag: 90min}",
            "leftfold.yaml:5:36: compaction.max_lag 90min is below compaction.min_lag 2h; raise max_lag or lower min_lag"
        ),
        .adding(
            "compaction: {min_lag: 25h}",
            "leftfold.yaml:5:23: compaction.max_lag 1d is below compaction.min_lag 25h"
        ),
        .adding(
            "compaction: {min_lag: -1s}",
            "leftfold.yaml:5:23: compaction.min_lag \"-1s\" is not a time such as 24h"
        ),
        .adding("compaction: {tombstones: 1h}", "leftfold.yaml:5:26: compaction.tombstones must be a mapping"),
        .adding(
            "compaction: {tombstones: {min_age: 1}}",
            "leftfold.yaml:5:36: compaction.tombstones.min_age \"1\" is not a time such as 24h"
        ),
        .adding(
            "compaction: {tombstones: {max_hold: 0s}}",
            "leftfold.yaml:5:37: compaction.tombstones.max_hold must be above 0"
        ),
        .adding(
            "compaction: {tombstones: {max_bytes: -1GB}}",
            "leftfold.yaml:5:38: compaction.tombstones.max_bytes \"-1GB\" is not a size such as 64MB"
        ),
        .adding(
            "compaction: {tombstones: {max_bytes: 0B}}",
            "leftfold.yaml:5:38: compaction.tombstones.max_bytes is below 1MB; write at least 1MB"
        ),
        .adding(
            "compaction: {key_map: 0MB}",
            "leftfold.yaml:5:23: compaction.key_map is below 1MB; write at least 1MB"
        ),
        .adding("compaction: {key_map: lots}", "leftfold.yaml:5:23: compaction.key_map \"lots\" is not a size such as"),
        .adding(
            "compaction: {bytes_per_second: 0B}",
            "leftfold.yaml:5:32: compaction.bytes_per_second is below 64kB; write at least 64kB"
        ),
        .adding(
            "compaction: {bytes_per_second: 20}",
            "leftfold.yaml:5:32: compaction.bytes_per_second \"20\" is not a size such as 64MB"
        ),
    ]

    private static let url = "postgres://localhost/shop"
    private static let tables = "[public.orders]"

    static let form: [BadInput] = [
        BadInput("", "leftfold.yaml: the configuration must be a mapping and is no value"),
        BadInput("- a", "leftfold.yaml:1:1: the configuration must be a mapping and is a list"),
        BadInput("word", "leftfold.yaml:1:1: the configuration must be a mapping and is a single value"),
        BadInput("a: 1\n---\nb: 2\n", "leftfold.yaml:2:1: not valid YAML: "),
        BadInput("a: [1", "leftfold.yaml:"),
        BadInput("a: 1\na: 2\n", "leftfold.yaml:1:1: given twice: a"),
        BadInput("? [a]\n: 1\n", "leftfold.yaml:1:3: a key must be a single word"),
        BadInput("a: *b", "leftfold.yaml:1:"),
        BadInput("a: \u{7}", "leftfold.yaml: not valid YAML: "),
        BadInput(String(repeating: "[", count: 50_000), "leftfold.yaml:"),
        BadInput(String(repeating: "#", count: 300_000), "leftfold.yaml: larger than 256 kB"),
        .adding("data: ${NOT_SET}", "leftfold.yaml:5:7: environment variable NOT_SET is not set"),
        .adding("data: ${NOT_SET", "leftfold.yaml:5:7: ${ without its }; write $${"),
        .adding("data: ${not a name}", "leftfold.yaml:5:7: \"not a name\" is not the name"),
        .adding("data: ${}", "leftfold.yaml:5:7: \"\" is not the name"),
    ]

    static let keys: [BadInput] = [
        .adding("veiws: x", "leftfold.yaml:5:1: unknown key \"veiws\" in the configuration; did you mean \"views\"?"),
        .adding(
            "slot: x",
            "leftfold.yaml:5:1: unknown key \"slot\" in the configuration; it belongs to source.postgres"
        ),
        .adding("whatever: x", "leftfold.yaml:5:1: unknown key \"whatever\" in the configuration; known here: source,"),
        .adding("<<: {data: x}", "leftfold.yaml:5:1: unknown key \"<<\""),
        .replacing("url:", "ulr:", "leftfold.yaml:3:5: unknown key \"ulr\" in source.postgres; did you mean \"url\"?"),
        .replacing("postgres:\n", "postgre:\n", "leftfold.yaml:2:3: unknown key \"postgre\" in source; did you mean"),
        .adding(
            "stores: {main: {sqlite: a, queue_limit: 512kB}}",
            "leftfold.yaml:5:41: stores.main.queue_limit is below 1MB; write at least 1MB"
        ),
        .adding(
            "stores: {main: {sqlite: a, queue_limit: 64}}",
            "leftfold.yaml:5:41: stores.main.queue_limit \"64\" is not a size such as 64MB"
        ),
        .adding("stores: {main: {sqlite: a, schema: b}}", "leftfold.yaml:5:28: unknown key \"schema\" in stores.main"),
        .adding("stores: {main: {sqlit: a}}", "leftfold.yaml:5:16: stores.main names no kind of store; did you mean"),
        .adding(
            "stores: {a: {sqlite: a, redis: 'redis://h'}}",
            "leftfold.yaml:5:13: stores.a names more than one kind"
        ),
    ]

    static let source: [BadInput] = [
        BadInput("data: x", "leftfold.yaml:1:1: source is missing"),
        BadInput("source:", "leftfold.yaml:1:1: source must be a mapping and is no value"),
        BadInput("source: {}", "leftfold.yaml:1:9: source names no server"),
        BadInput("source: {sqlite: a.db}", "leftfold.yaml:1:18: source.sqlite is not supported yet"),
        BadInput("source: {postgres: {tables: [a]}}", "leftfold.yaml:1:20: source.postgres.url is missing"),
        .replacing(url, "", "leftfold.yaml:3:5: source.postgres.url must be a single value and is no value"),
        .replacing(url, "''", "leftfold.yaml:3:10: source.postgres.url is empty"),
        .replacing(url, "localhost", "leftfold.yaml:3:10: source.postgres.url is not a connection URL"),
        .replacing(url, "http://h/?a=b", "leftfold.yaml:3:10: source.postgres.url is not a connection URL"),
        .replacing(url, "\"postgres://h/\\0\"", "leftfold.yaml:3:10: source.postgres.url holds a zero byte"),
        .replacing("  tables: \(tables)", "", "leftfold.yaml:3:5: source.postgres.tables is missing"),
        .replacing(tables, "[]", "leftfold.yaml:4:13: source.postgres.tables is empty"),
        .replacing(tables, "orders", "leftfold.yaml:4:13: source.postgres.tables must be a list and is a single value"),
        .replacing(tables, "[a.b.c]", "leftfold.yaml:4:14: \"a.b.c\" is not a table name"),
        .replacing(tables, "[public.*]", "leftfold.yaml:4:14: \"public.*\" is not a table name"),
        .replacing(tables, "[1a]", "leftfold.yaml:4:14: \"1a\" is not a table name"),
        .replacing(tables, "['\"open']", "leftfold.yaml:4:14: \"\"open\" is not a table name"),
        .replacing(tables, "[a, public.A]", "leftfold.yaml:4:17: public.a is listed twice"),
        .replacing(tables, "[[a]]", "leftfold.yaml:4:14: source.postgres.tables must be a single value and is a list"),
        .replacing(
            "tables:",
            "slot: Big\n    tables:",
            "leftfold.yaml:4:11: source.postgres.slot \"Big\" is not a slot"
        ),
        .replacing("tables:", "slot: ~\n    tables:", "leftfold.yaml:4:5: source.postgres.slot must be a single value"),
        .replacing(
            "tables:",
            "publication: \(String(repeating: "p", count: 64))\n    tables:",
            "leftfold.yaml:4:18: source.postgres.publication is longer"
        ),
    ]

    static let rest: [BadInput] = [
        .adding("memory_budget: 1 gigabyte", "leftfold.yaml:5:16: memory_budget \"1 gigabyte\" is not a size"),
        .adding("memory_budget: 1MB", "leftfold.yaml:5:16: memory_budget is below 16MB; write at least 16MB"),
        .adding("memory_budget: 16383kB", "leftfold.yaml:5:16: memory_budget is below 16MB"),
        .adding("memory_budget: {}", "leftfold.yaml:5:16: memory_budget must be a single value and is a mapping"),
        .adding("memory_budget: 0B", "leftfold.yaml:5:16: memory_budget is below 16MB"),
        .adding("state: 5s", "leftfold.yaml:5:8: state must be a mapping and is a single value"),
        .adding("state: {chekpoint: 5s}", "leftfold.yaml:5:9: unknown key \"chekpoint\" in state; did you mean"),
        .adding("disk: 5GB", "leftfold.yaml:5:1: unknown key \"disk\" in the configuration; it belongs to state"),
        .adding("state: {checkpoint: 5}", "leftfold.yaml:5:21: state.checkpoint \"5\" is not a time such as 5s"),
        .adding("state: {checkpoint: 9ms}", "leftfold.yaml:5:21: state.checkpoint is below 10ms; write at least 10ms"),
        .adding("state: {checkpoint: 0}", "leftfold.yaml:5:21: state.checkpoint is below 10ms"),
        .adding("state: {checkpoint: 36501d}", "leftfold.yaml:5:21: state.checkpoint is above 36500d"),
        .adding("state: {disk: 63MB}", "leftfold.yaml:5:15: state.disk is below 64MB; write at least 64MB"),
        .adding("state: {disk: lots}", "leftfold.yaml:5:15: state.disk \"lots\" is not a size such as 64MB"),
        .adding(
            "memory_budget: 99999999999999GB",
            "leftfold.yaml:5:16: memory_budget \"99999999999999GB\" is not a size"
        ),
        .adding("workers: 0", "leftfold.yaml:5:10: workers is 0; write 1 to 64, or leave it out"),
        .adding("workers: 65", "leftfold.yaml:5:10: workers is 65"),
        .adding("workers: many", "leftfold.yaml:5:10: workers \"many\" is not a number of threads such as 4"),
        .adding("memory_budget: 1024", "leftfold.yaml:5:16: memory_budget \"1024\" is not a size"),
        .adding("verify: {every: 1 hour}", "leftfold.yaml:5:17: verify.every \"1 hour\" is not a time"),
        .adding("verify: {every: 10ms}", "leftfold.yaml:5:17: verify.every is below 1s"),
        .adding("verify: {sample: 1%}", "leftfold.yaml:5:9: verify.every is missing"),
        .adding("verify: {every: 1h, sample: 0%}", "leftfold.yaml:5:29: verify.sample \"0%\" is not above 0%"),
        .adding("verify: {every: 1h, sample: 101%}", "leftfold.yaml:5:29: verify.sample \"101%\" is not above 0%"),
        .adding("http: {listen: '127.0.0.1:80'}", "leftfold.yaml:5:7: http over TCP is not supported yet"),
        .adding("http: {}", "leftfold.yaml:5:7: http.listen is missing"),
        .adding("http: {listen: 7171}", "leftfold.yaml:5:16: http.listen \"7171\" is not host:port"),
        .adding("http: {listen: 'h:0'}", "leftfold.yaml:5:16: http.listen \"h:0\" is not host:port"),
        .adding("http: {listen: '::1:80'}", "leftfold.yaml:5:16: http.listen \"::1:80\" is not host:port"),
        .adding("http: {listen: '0.0.0.0:80'}", "leftfold.yaml:5:16: http.listen 0.0.0.0 can be reached from other"),
        .adding(
            "stores: {pg: {postgres: 'postgres://h', schema: pg_x}}",
            "leftfold.yaml:5:49: stores.pg.schema is not a schema's name"
        ),
        .adding(
            "stores: {c: {redis: 'rediss://h'}}",
            "leftfold.yaml:5:21: stores.c.redis: TLS (rediss://) is not supported yet"
        ),
        .adding("stores: {c: {opensearch: h}}", "leftfold.yaml:5:26: stores.c.opensearch is not a connection URL"),
        .adding("stores: {c: {redis: h}}", "leftfold.yaml:5:21: stores.c.redis is not a connection URL"),
        .adding("stores: {Main: {sqlite: a}}", "leftfold.yaml:5:10: \"Main\" is not a store name"),
        .adding("stores: {a: {sqlite: x}, b: {sqlite: ./x}}", "leftfold.yaml:5:26: stores a and b are the same place"),
        .adding("stores: {a: {sqlite: data/views.db}}", "leftfold.yaml:5:9: store a is the file of the default store"),
        .adding("stores: {a: {sqlite: ':memory:'}}", "leftfold.yaml:5:13: stores.a.sqlite must be a file on disk"),
        .adding("stores: {a: x.db}", "leftfold.yaml:5:13: stores.a must be a mapping and is a single value"),
        .adding("data:", "leftfold.yaml:5:1: data must be a single value and is no value"),
    ]

    @Test(arguments: form + keys + source + retention + compaction + rest)
    func `a bad input is refused at its place`(input: BadInput) {
        let found = configurationProblems(input.yaml)
        #expect(found.contains { $0.hasPrefix(input.expected) }, "expected \(input.expected), found \(found)")
    }

    @Test func `any prefix of a configuration gives an answer or a typed error`() {
        let yaml =
            leastConfiguration
            + "\nstores: {main: {sqlite: \"a\\x41\"}}\nretention: {default: &a compact, orders: *a}\ncompaction: {max_lag: 2h}\n"
        for count in 0...yaml.utf8.count { _ = configurationProblems(String(yaml.prefix(count))) }
    }
}
