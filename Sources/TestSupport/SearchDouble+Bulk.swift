import Foundation

/// Bulk requests, searches and scrolls.
extension SearchDoubleContents.State {
    private typealias Contents = SearchDoubleContents

    private struct Meta: Decodable {
        var _index: String
        var _id: String
        var version: Int64?
        var version_type: String?
    }

    mutating func bulk(_ body: Data, _ itemLimit: Int?, requiresAlias: Bool) -> Answer {
        guard body.last == UInt8(ascii: "\n") else {
            return Contents.error(400, "illegal_argument_exception", "The bulk request must be terminated by a newline")
        }
        var lines = body.split(separator: UInt8(ascii: "\n"))[...]
        var items: [[String: Any]] = []
        var hasErrors = false
        while let line = lines.popFirst() {
            guard let action = try? JSONDecoder().decode([String: Meta].self, from: Data(line)),
                let (verb, meta) = action.first, verb == "delete" || !lines.isEmpty
            else { return Contents.error(400, "illegal_argument_exception", "Malformed action/metadata line") }
            let source = verb == "delete" ? nil : lines.popFirst().map { Data($0) }
            let (status, error) =
                items.count >= itemLimit ?? .max
                ? (429, "rejected_execution_exception") : write(verb, meta, source, requiresAlias)
            let index = resolve(meta._index) ?? meta._index
            var outcome: [String: Any] = ["_index": index, "_id": meta._id, "status": status]
            if let error {
                outcome["error"] = [
                    "type": error, "reason": "item \(items.count). Preview of field's value: 'secret'",
                ]
                hasErrors = true
            }
            items.append([verb: outcome])
        }
        return Contents.json(200, ["took": 1, "errors": hasErrors, "items": items] as [String: Any])
    }

    private mutating func write(
        _ verb: String,
        _ meta: Meta,
        _ source: Data?,
        _ requiresAlias: Bool
    ) -> (Int, String?) {
        if refused.contains(meta._id) { return (400, "mapper_parsing_exception") }
        if meta._id.isEmpty || meta._id.utf8.count > 512 { return (400, "illegal_argument_exception") }
        if let source, (try? JSONSerialization.jsonObject(with: source) as? [String: Any]) == nil {
            return (400, "mapper_parsing_exception")
        }
        if requiresAlias, aliases[meta._index] == nil { return (404, "index_not_found_exception") }
        let name = resolve(meta._index) ?? meta._index
        // A server makes an index that is not there.
        let held = indexes[name]?[meta._id]
        let isThere = held?.source != nil
        var version = (held?.version ?? 0) + 1
        if verb == "create", isThere { return (409, "version_conflict_engine_exception") }
        if let given = meta.version {
            guard meta.version_type == "external_gte", verb != "create" else {
                return (400, "illegal_argument_exception")
            }
            if let held, held.version > given { return (409, "version_conflict_engine_exception") }
            version = given
        }
        indexes[name, default: Contents.Index()].put(meta._id, version, source)
        return (verb == "delete" ? (isThere ? 200 : 404) : (isThere ? 200 : 201), nil)
    }

    mutating func refresh(_ name: String) -> Answer {
        guard let index = resolve(name) else {
            return Contents.error(404, "index_not_found_exception", "no such index [\(name)]")
        }
        indexes[index]?.refresh()
        return Contents.json(200, ["_shards": ["failed": 0]])
    }

    mutating func search(_ name: String, _ body: Data, isScroll: Bool) -> Answer {
        guard let index = resolve(name), let held = indexes[index] else {
            return Contents.error(404, "index_not_found_exception", "no such index [\(name)]")
        }
        let question = try? JSONSerialization.jsonObject(with: body) as? [String: Any]
        let size = question?["size"] as? Int ?? 10
        if let query = question?["query"] as? [String: Any] { return found(query, held, index, size) }
        lastScroll += 1
        let scroll = "scroll-\(lastScroll)"
        scrolls[scroll] = held.visible.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
        scrollSizes[scroll] = size
        return page(scroll, index)
    }

    mutating func nextPage(_ body: Data) -> Answer {
        let question = try? JSONDecoder().decode([String: String].self, from: body)
        guard let scroll = question?["scroll_id"], scrolls[scroll] != nil else {
            return Contents.error(404, "search_context_missing_exception", "No search context found")
        }
        return page(scroll, "")
    }

    private mutating func page(_ scroll: String, _ index: String) -> Answer {
        let size = scrollSizes[scroll] ?? 10
        let hits = scrolls[scroll] ?? []
        scrolls[scroll] = Array(hits.dropFirst(size))
        var body = Data(
            ("{\"_scroll_id\":\"\(scroll)\",\"_shards\":{\"total\":1,\"failed\":0},"
                + "\"hits\":{\"total\":{\"value\":\(hits.count)},\"max_score\":null, \"hits\":[").utf8
        )
        for (place, (id, source)) in hits.prefix(size).enumerated() {
            let name = (try? JSONEncoder().encode(id)) ?? Data()
            body.append(Data("\(place > 0 ? "," : ""){\"_index\":\"\(index)\",\"_id\":".utf8))
            body.append(name)
            body.append(Data(",\"_score\":null,\"_source\":".utf8))
            body.append(source)
            body.append(Data("}".utf8))
        }
        body.append(Data("]}}".utf8))
        return Answer(status: 200, body: body)
    }

    /// Documents that have every phrase in one of its fields, as lower-case text without any cutting of words.
    private func found(_ query: [String: Any], _ held: Contents.Index, _ index: String, _ size: Int) -> Answer {
        let parts = (query["bool"] as? [String: [[String: [String: Any]]]])?["must"] ?? []
        var hits: [[String: Any]] = []
        for (key, source) in held.visible.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            guard let row = try? JSONSerialization.jsonObject(with: source) as? [String: Any] else { continue }
            var marks: [String: [String]] = [:]
            var score = 0.0
            let isMatch = parts.allSatisfy { part in
                guard let match = part["multi_match"], let words = match["query"] as? String,
                    let fields = match["fields"] as? [String]
                else { return false }
                var isFound = false
                for field in fields {
                    let halves = field.split(separator: "^")
                    let name = String(halves[0])
                    guard let text = row[name] as? String, let range = text.range(of: words, options: .caseInsensitive)
                    else { continue }
                    isFound = true
                    score += Double(halves[1]) ?? 1
                    marks[name] = [text.replacingCharacters(in: range, with: "[\(text[range])]")]
                }
                return isFound
            }
            if isMatch {
                let id = String(decoding: key, as: UTF8.self)
                hits.append(["_index": index, "_id": id, "_score": score, "highlight": marks, "_source": row])
            }
        }
        hits.sort { ($0["_score"] as? Double ?? 0) > ($1["_score"] as? Double ?? 0) }
        return Contents.json(200, ["hits": ["hits": Array(hits.prefix(size))]])
    }
}
