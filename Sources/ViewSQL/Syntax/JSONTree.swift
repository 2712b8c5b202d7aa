/// One node of libpg_query's JSON tree.
indirect enum JSONTree {
    case object([(key: String, value: JSONTree)])
    case array([JSONTree])
    case string(String)
    case integer(Int)
    case bool(Bool)
    case null

    /// The member `key` of an object.
    subscript(key: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The elements of an array; a missing list is an empty one.
    func list(_ key: String) -> [JSONTree] {
        if case .array(let elements)? = self[key] { elements } else { [] }
    }

    func text(_ key: String) -> String? {
        if case .string(let text)? = self[key] { text } else { nil }
    }

    func isTrue(_ key: String) -> Bool {
        if case .bool(true)? = self[key] { true } else { false }
    }

    func integer(_ key: String) -> Int? {
        if case .integer(let value)? = self[key] { value } else { nil }
    }

    /// Byte offset in the statement; the tree leaves 0 out.
    var location: Int? {
        guard let value = integer("location") else { return nil }
        return value >= 0 ? value : nil
    }

    /// A tagged node: `{"SelectStmt": {…}}`.
    var node: (kind: String, body: JSONTree)? {
        guard case .object(let members) = self, let first = members.first else { return nil }
        return (first.key, first.value)
    }

    /// The value of a `{"String": {"sval": …}}`.
    var name: String? {
        guard let (kind, body) = node, kind == "String" else { return nil }
        return body.text("sval") ?? ""
    }

    /// The smallest location in the subtree: where its text begins, as far as the tree tells.
    var firstLocation: Int? {
        switch self {
        case .object(let members):
            members.compactMap { $0.key == "location" ? location : $0.value.firstLocation }.min()
        case .array(let elements): elements.compactMap(\.firstLocation).min()
        case .string, .integer, .bool, .null: nil
        }
    }
}
