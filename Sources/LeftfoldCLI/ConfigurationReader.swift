/// Turns the values of a configuration into a `Configuration` and collects every problem on the way.
///
/// One method per section. A section names the keys it knows; any other key is a problem. A value that cannot be used yields a
/// stand-in, so that reading goes on and one run shows all mistakes; nothing is returned once there is a problem.
struct ConfigurationReader {
    private let directory: String
    private let home: String?
    private let support: ConfigurationSupport
    /// The budget of a configuration that names none, in bytes.
    let standardMemoryBudget: Int
    private(set) var problems: [ConfigurationProblem] = []

    init(
        directory: String,
        home: String?,
        support: ConfigurationSupport,
        standardMemoryBudget: Int = MachineMemory.current.standardBudget
    ) {
        self.directory = directory
        self.home = home
        self.support = support
        self.standardMemoryBudget = standardMemoryBudget
    }

    mutating func read(_ root: ConfigurationNode) throws(ConfigurationError) -> Configuration {
        let top = section(
            root,
            "the configuration",
            keys: [
                "source", "data", "retention", "compaction", "memory_budget", "state", "workers", "stores", "views",
                "verify", "http",
            ]
        )
        let source = source(top["source"], at: root.place)
        let data = path(top["data"], "data") ?? resolved("./data")
        let retention = retention(top["retention"], tables: source?.tables ?? [])
        let compaction = compaction(top["compaction"])
        let memoryBudget = memoryBudget(top["memory_budget"])
        let state = state(top["state"])
        let workers = workers(top["workers"])
        let stores = stores(top["stores"], data: data)
        let views = path(top["views"], "views") ?? resolved("./views")
        let verify = verify(top["verify"])
        let http = http(top["http"])
        guard problems.isEmpty, let source else {
            throw ConfigurationError(problems, hint: "mend the configuration, then run: leftfold doctor")
        }
        return Configuration(
            source: source,
            data: data,
            retention: retention,
            compaction: compaction,
            memoryBudget: memoryBudget,
            state: state,
            workers: workers,
            stores: stores,
            views: views,
            verify: verify,
            http: http
        )
    }

    // MARK: Sections

    private mutating func source(_ node: ConfigurationNode?, at place: ConfigurationPlace) -> ConfiguredSource? {
        guard let node else {
            refuse(place, "source is missing", hint: "say where changes come from: source.postgres.url")
            return nil
        }
        let kinds = section(node, "source", keys: ["postgres", "sqlite"])
        if let sqlite = kinds["sqlite"] {
            refuse(sqlite.place, "source.sqlite is not supported yet", hint: "this version follows source.postgres")
        }
        guard let postgres = kinds["postgres"] else {
            if kinds.isEmpty { refuse(node.place, "source names no server", hint: "add source.postgres.url") }
            return nil
        }
        return postgresSource(postgres).map { .postgres($0) }
    }

    private mutating func postgresSource(_ node: ConfigurationNode) -> PostgresSourceConfiguration? {
        let name = "source.postgres"
        let keys = section(node, name, keys: ["url", "slot", "publication", "tables"])
        let url = connectionURL(keys["url"], "\(name).url", at: node.place, schemes: ["postgres", "postgresql"])
        let slot = text(keys["slot"], "\(name).slot") ?? "leftfold"
        if !isSlotName(slot), let place = keys["slot"]?.place {
            refuse(
                place,
                "\(name).slot \"\(slot)\" is not a slot name",
                hint: "1 to 63 lower-case letters, digits and underscores"
            )
        }
        let publication = text(keys["publication"], "\(name).publication") ?? "leftfold"
        if publication.utf8.count > 63, let place = keys["publication"]?.place {
            refuse(place, "\(name).publication is longer than Postgres's 63 bytes")
        }
        let tables = tables(keys["tables"], "\(name).tables", at: node.place)
        guard let url else { return nil }
        return PostgresSourceConfiguration(url: url, slot: slot, publication: publication, tables: tables)
    }

    private mutating func tables(
        _ node: ConfigurationNode?,
        _ name: String,
        at place: ConfigurationPlace
    ) -> [TableName] {
        let hint = "name at least one table, e.g. [public.orders]"
        guard let node else {
            refuse(place, "\(name) is missing", hint: hint)
            return []
        }
        guard case .list(let items) = node.content else {
            refuse(node.place, "\(name) must be a list and is \(node.kind)", hint: "write [public.orders]")
            return []
        }
        if items.isEmpty { refuse(node.place, "\(name) is empty", hint: hint) }
        var result: [TableName] = []
        for item in items {
            guard let written = text(item, name) else { continue }
            guard let table = TableName(parsing: written) else {
                refuse(item.place, "\"\(written)\" is not a table name", hint: "write schema.table")
                continue
            }
            if result.contains(table) { refuse(item.place, "\(table) is listed twice") }
            result.append(table)
        }
        return result
    }

    private mutating func verify(_ node: ConfigurationNode?) -> VerifyConfiguration? {
        guard let node else { return nil }
        let keys = section(node, "verify", keys: ["every", "sample"])
        let every = value(keys["every"], "verify.every", expected: "a time such as 1h", parseDuration)
        if keys["every"] == nil { refuse(node.place, "verify.every is missing", hint: "write e.g. every: 1h") }
        if let every, every < .seconds(1), let place = keys["every"]?.place {
            refuse(place, "verify.every is below 1s")
        }
        let sample = value(keys["sample"], "verify.sample", expected: "above 0% and at most 100%", parseShare)
        return every.map { VerifyConfiguration(every: $0, sample: sample ?? 1) }
    }

    private mutating func http(_ node: ConfigurationNode?) -> HTTPConfiguration? {
        guard let node else { return nil }
        if !support.hasHTTPListener {
            refuse(node.place, "http over TCP is not supported yet", hint: "leave the section out")
        }
        let keys = section(node, "http", keys: ["listen", "token"])
        let token = text(keys["token"], "http.token")
        if keys["listen"] == nil {
            refuse(node.place, "http.listen is missing", hint: "write e.g. listen: 127.0.0.1:7171")
        }
        let address = value(keys["listen"], "http.listen", expected: "host:port", parseAddress)
        guard let address else { return nil }
        if !isLoopback(address.host), token == nil, let place = keys["listen"]?.place {
            refuse(
                place,
                "http.listen \(address.host) can be reached from other machines and there is no http.token",
                hint: "set http.token, or listen on 127.0.0.1"
            )
        }
        return HTTPConfiguration(host: address.host, port: address.port, token: token)
    }
}

// MARK: Stores

extension ConfigurationReader {
    fileprivate mutating func stores(_ node: ConfigurationNode?, data: String) -> [StoreConfiguration] {
        var result: [StoreConfiguration] = []
        for entry in node.map({ entries($0, "stores") }) ?? [] {
            if !isStoreName(entry.key) {
                refuse(
                    entry.keyPlace,
                    "\"\(entry.key)\" is not a store name",
                    hint: "a lower-case letter, then lower-case letters, digits and underscores"
                )
            }
            guard let store = store(entry) else { continue }
            if let other = result.first(where: { $0.target == store.target }) {
                refuse(entry.keyPlace, "stores \(other.name) and \(entry.key) are the same place")
            }
            result.append(store)
        }
        guard !result.contains(where: { $0.name == Configuration.defaultStoreName }) else { return result }
        let main = StoreConfiguration(name: Configuration.defaultStoreName, target: .sqlite(path: data + "/views.db"))
        if let other = result.first(where: { $0.target == main.target }) {
            refuse(node?.place ?? .file(""), "store \(other.name) is the file of the default store main")
        }
        return [main] + result
    }

    private mutating func store(_ entry: ConfigurationNode.Entry) -> StoreConfiguration? {
        let name = "stores.\(entry.key)"
        let given = entries(entry.value, name)
        let kinds = StoreConfiguration.Kind.allCases
        let named = kinds.filter { kind in given.contains { $0.key == kind.rawValue } }
        guard let kind = named.first, named.count == 1 else {
            if case .map = entry.value.content {
                let known = kinds.map(\.rawValue)
                let close = given.first.flatMap { suggestion(for: $0.key, among: known) }
                refuse(
                    entry.value.place,
                    named.isEmpty ? "\(name) names no kind of store" : "\(name) names more than one kind of store",
                    hint: close ?? "one of \(known.joined(separator: ", "))"
                )
            }
            return nil
        }
        let target: StoreConfiguration.Target?
        switch kind {
        case .sqlite: target = sqlite(entry.value, name)
        case .postgres: target = postgres(entry.value, name)
        case .redis: target = redis(entry.value, name)
        case .opensearch: target = opensearch(entry.value, name)
        }
        let limit = given.first { $0.key == "queue_limit" }?.value
        let queueLimit = size(limit, "\(name).queue_limit", least: 1 << 20)
        return target.map { StoreConfiguration(name: entry.key, target: $0, queueLimitBytes: queueLimit) }
    }

    private mutating func sqlite(_ node: ConfigurationNode, _ name: String) -> StoreConfiguration.Target? {
        let keys = section(node, name, keys: ["sqlite", "queue_limit"])
        guard let path = path(keys["sqlite"], "\(name).sqlite") else { return nil }
        if path.hasSuffix("/:memory:") || path.contains("/file:") {
            refuse(node.place, "\(name).sqlite must be a file on disk")
        }
        return .sqlite(path: path)
    }

    private mutating func postgres(_ node: ConfigurationNode, _ name: String) -> StoreConfiguration.Target? {
        let keys = section(node, name, keys: ["postgres", "schema", "queue_limit"])
        let schema = text(keys["schema"], "\(name).schema") ?? "leftfold"
        if schema.utf8.count > 63 || schema.hasPrefix("pg_") || schema == "information_schema",
            let place = keys["schema"]?.place
        {
            refuse(place, "\(name).schema is not a schema's name", hint: "1 to 63 bytes, not starting with pg_")
        }
        let url = connectionURL(
            keys["postgres"],
            "\(name).postgres",
            at: node.place,
            schemes: ["postgres", "postgresql"]
        )
        return url.map { .postgres(url: $0, schema: schema) }
    }

    private mutating func redis(_ node: ConfigurationNode, _ name: String) -> StoreConfiguration.Target? {
        let keys = section(node, name, keys: ["redis", "prefix", "queue_limit"])
        let prefix = text(keys["prefix"], "\(name).prefix") ?? "leftfold"
        if let given = keys["redis"], case .scalar(let text) = given.content, text.hasPrefix("rediss://") {
            refuse(
                given.place,
                "\(name).redis: TLS (rediss://) is not supported yet",
                hint: "use redis:// on a private network, or through a TLS proxy on this machine"
            )
            return nil
        }
        let url = connectionURL(keys["redis"], "\(name).redis", at: node.place, schemes: ["redis", "unix"])
        return url.map { .redis(url: $0, prefix: prefix) }
    }

    private mutating func opensearch(_ node: ConfigurationNode, _ name: String) -> StoreConfiguration.Target? {
        let keys = section(node, name, keys: ["opensearch", "prefix", "queue_limit"])
        let prefix = text(keys["prefix"], "\(name).prefix") ?? "leftfold"
        let url = connectionURL(keys["opensearch"], "\(name).opensearch", at: node.place, schemes: ["http", "https"])
        return url.map { .opensearch(url: $0, prefix: prefix) }
    }
}

// MARK: Values

extension ConfigurationReader {
    mutating func refuse(_ place: ConfigurationPlace, _ message: String, hint: String? = nil) {
        problems.append(ConfigurationProblem(place, message, hint: hint))
    }

    /// The entries of a mapping; anything else is a problem and has none.
    mutating func entries(_ node: ConfigurationNode, _ name: String) -> [ConfigurationNode.Entry] {
        guard case .map(let entries) = node.content else {
            refuse(node.place, "\(name) must be a mapping and is \(node.kind)")
            return []
        }
        return entries
    }

    /// The values of a mapping whose keys are fixed.
    mutating func section(
        _ node: ConfigurationNode,
        _ name: String,
        keys known: [String]
    ) -> [String: ConfigurationNode] {
        var result: [String: ConfigurationNode] = [:]
        for entry in entries(node, name) {
            if known.contains(entry.key) {
                result[entry.key] = entry.value
            } else {
                refuse(
                    entry.keyPlace,
                    "unknown key \"\(entry.key)\" in \(name)",
                    hint: home(of: entry.key, not: name) ?? suggestion(for: entry.key, among: known)
                )
            }
        }
        return result
    }

    /// Where a key that stands in the wrong section belongs.
    func home(of key: String, not name: String) -> String? {
        let places = ConfigurationKey.allCases.filter { $0.path.count > 1 && $0.path.last == key }
        guard let place = places.first, places.count == 1 else { return nil }
        return "it belongs to \(place.path.dropLast().joined(separator: "."))"
    }

    /// The text of a single value; nil when it is absent, and a problem when it is something else.
    mutating func text(_ node: ConfigurationNode?, _ name: String) -> String? {
        guard let node else { return nil }
        guard case .scalar(let text) = node.content else {
            refuse(node.place, "\(name) must be a single value and is \(node.kind)")
            return nil
        }
        guard !text.isEmpty else {
            refuse(node.place, "\(name) is empty")
            return nil
        }
        guard !text.utf8.contains(0) else {
            refuse(node.place, "\(name) holds a zero byte")
            return nil
        }
        return text
    }

    mutating func value<Value>(
        _ node: ConfigurationNode?,
        _ name: String,
        expected: String,
        _ parse: (String) -> Value?
    ) -> Value? {
        guard let node, let written = text(node, name) else { return nil }
        if let value = parse(written) { return value }
        refuse(node.place, "\(name) \"\(written)\" is not \(expected)")
        return nil
    }

    mutating func path(_ node: ConfigurationNode?, _ name: String) -> String? {
        text(node, name).map { resolved($0) }
    }

    func resolved(_ path: String) -> String {
        Configuration.resolve(path, against: directory, home: home)
    }

    /// A connection string: a URI of one of the schemes or, for Postgres, libpq keywords. Never repeated in a message.
    fileprivate mutating func connectionURL(
        _ node: ConfigurationNode?,
        _ name: String,
        at place: ConfigurationPlace,
        schemes: [String]
    ) -> String? {
        let hint = "write \(schemes[0])://…"
        guard let node else {
            refuse(place, "\(name) is missing", hint: hint)
            return nil
        }
        guard let url = text(node, name) else { return nil }
        let isKeywords = schemes.contains("postgres") && !url.contains("://") && url.contains("=")
        guard isKeywords || schemes.contains(where: { url.hasPrefix($0 + "://") }) else {
            refuse(node.place, "\(name) is not a connection URL", hint: hint)
            return nil
        }
        return url
    }

    private func isSlotName(_ name: String) -> Bool {
        (1...63).contains(name.utf8.count) && name.utf8.allSatisfy(isLowercaseWordByte)
    }

    private func isStoreName(_ name: String) -> Bool {
        (1...63).contains(name.utf8.count) && name.utf8.allSatisfy(isLowercaseWordByte)
            && name.first?.isLetter == true
    }
}
