import Foundation

/// The requests of the API that a store uses.
extension SearchDoubleContents.State {
    private typealias Contents = SearchDoubleContents
    typealias Answer = LoopbackListener.Answer

    mutating func carryOut(_ request: LoopbackListener.Request, itemLimit: Int?) -> Answer {
        let parts = request.target.split(separator: "?", maxSplits: 1)
        let path = parts[0].split(separator: "/").map { String($0) }
        var query: [String: String] = [:]
        for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
            let halves = pair.split(separator: "=", maxSplits: 1)
            query[String(halves[0])] = halves.count > 1 ? String(halves[1]) : ""
        }
        switch (request.method, path.count, path.last ?? "") {
        case ("GET", 0, _): return Contents.json(200, ["version": version])
        case ("POST", 1, "_bulk"): return bulk(request.body, itemLimit, requiresAlias: query["require_alias"] == "true")
        case ("POST", 1, "_aliases"): return changeAliases(request.body)
        case ("POST", 2, "scroll"): return nextPage(request.body)
        case ("DELETE", 2, "scroll"): return Contents.json(200, ["succeeded": true])
        case ("GET", 2, _) where path[0] == "_alias": return alias(path[1])
        case ("GET", 2, "_mapping"): return mapping(path[0])
        case ("POST", 2, "_refresh"): return refresh(path[0])
        case ("POST", 2, "_search"): return search(path[0], request.body, isScroll: query["scroll"] != nil)
        case ("PUT", 1, let name): return makeIndex(name, request.body)
        case ("DELETE", 1, let name): return delete(name)
        case ("GET", 1, let name):
            return resolve(name).map { Contents.json(200, [$0: [:] as [String: Any]]) } ?? missing(name)
        case ("GET", 3, let id) where path[1] == "_doc": return document(path[0], id)
        case ("PUT", 3, let id) where path[1] == "_doc": return put(path[0], id, request.body, query)
        case ("DELETE", 3, let id) where path[1] == "_doc": return deleteDocument(path[0], id)
        default: return Contents.error(400, "illegal_argument_exception", "no handler for \(request.target)")
        }
    }

    private func missing(_ name: String) -> Answer {
        Contents.error(404, "index_not_found_exception", "no such index [\(name)]")
    }

    // MARK: Indexes

    private mutating func makeIndex(_ name: String, _ body: Data) -> Answer {
        guard indexes[name] == nil, aliases[name] == nil else {
            return Contents.error(400, "resource_already_exists_exception", "index [\(name)] already exists")
        }
        let isAllowed =
            name == name.lowercased() && !name.contains { "\\/*?\"<>| ,#:".contains($0) } && name.utf8.count < 256
        guard isAllowed, !name.hasPrefix("_"), !name.hasPrefix("-"), !name.hasPrefix("+") else {
            return Contents.error(400, "invalid_index_name_exception", "Invalid index name [\(name)]")
        }
        let given = try? JSONSerialization.jsonObject(with: body) as? [String: Any]
        guard body.isEmpty || given != nil else {
            return Contents.error(400, "parse_exception", "Failed to parse content to map")
        }
        for alias in (given?["aliases"] as? [String: Any])?.keys.sorted() ?? [] { aliases[alias] = [name] }
        indexes[name] = Contents.Index(body: body)
        return Contents.json(200, ["acknowledged": true])
    }

    private mutating func delete(_ name: String) -> Answer {
        guard indexes.removeValue(forKey: name) != nil else { return missing(name) }
        for (alias, holders) in aliases {
            let left = holders.subtracting([name])
            aliases[alias] = left.isEmpty ? nil : left
        }
        return Contents.json(200, ["acknowledged": true])
    }

    private func mapping(_ name: String) -> Answer {
        guard let index = resolve(name), let held = indexes[index],
            let body = try? JSONSerialization.jsonObject(with: held.body) as? [String: Any]
        else { return missing(name) }
        return Contents.json(200, [index: ["mappings": body["mappings"] ?? [:] as [String: Any]]])
    }

    private func alias(_ name: String) -> Answer {
        guard let holders = aliases[name] else {
            return Contents.json(404, ["error": "alias [\(name)] missing", "status": 404] as [String: Any])
        }
        let found = holders.map { ($0, ["aliases": [name: [:] as [String: Any]]]) }
        return Contents.json(200, Dictionary(uniqueKeysWithValues: found))
    }

    private mutating func changeAliases(_ body: Data) -> Answer {
        guard let given = try? JSONDecoder().decode([String: [[String: [String: String]]]].self, from: body) else {
            return Contents.error(400, "parse_exception", "actions")
        }
        var changed = aliases
        for action in given["actions"] ?? [] {
            for (verb, names) in action {
                guard let index = names["index"], let alias = names["alias"], indexes[index] != nil else {
                    return missing(names["index"] ?? "")
                }
                guard indexes[alias] == nil else {
                    return Contents.error(400, "invalid_alias_name_exception", "an index exists with the alias's name")
                }
                if verb == "add" {
                    changed[alias, default: []].insert(index)
                } else {
                    changed[alias]?.remove(index)
                }
            }
        }
        aliases = changed
        return Contents.json(200, ["acknowledged": true])
    }

    // MARK: Documents

    private func document(_ name: String, _ id: String) -> Answer {
        guard let index = resolve(name) else { return missing(name) }
        guard let document = indexes[index]?[id], let source = document.source else {
            return Contents.json(404, ["_index": index, "_id": id, "found": false] as [String: Any])
        }
        var body = Data(
            ("{\"_index\":\"\(index)\",\"_id\":\"\(id)\",\"_version\":\(document.version),\"_seq_no\":\(document.number),"
                + "\"_primary_term\":1,\"found\":true,\"_source\":").utf8
        )
        body.append(source)
        body.append(Data("}".utf8))
        return Answer(status: 200, body: body)
    }

    private mutating func put(_ name: String, _ id: String, _ source: Data, _ query: [String: String]) -> Answer {
        let name = resolve(name) ?? name
        let held = indexes[name]?[id].flatMap { $0.source == nil ? nil : $0 }
        let isExpected =
            query["op_type"] == "create"
            ? held == nil : query["if_seq_no"] == nil || held.map { "\($0.number)" } == query["if_seq_no"]
        guard isExpected else {
            return Contents.error(409, "version_conflict_engine_exception", "[\(id)]: version conflict")
        }
        let version = (indexes[name]?[id]?.version ?? 0) + 1
        // A server makes an index that is not there.
        let number = indexes[name, default: Contents.Index()].put(id, version, source)
        return Contents.json(200, ["_seq_no": number, "_primary_term": 1])
    }

    private mutating func deleteDocument(_ name: String, _ id: String) -> Answer {
        guard let index = resolve(name), indexes[index]?[id]?.source != nil else { return missing(name) }
        indexes[index]?[id]?.source = nil
        indexes[index]?[id]?.version += 1
        return Contents.json(200, ["result": "deleted"])
    }
}
