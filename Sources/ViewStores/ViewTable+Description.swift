import Relational

/// The columns and key as a store's progress table describes them, in JSON.
extension ViewTable {
    /// `[[name, type, type OID, typmod, not null], …]`.
    public var columnsDescription: String {
        let columns = columns.map { column in
            let type = column.type
            return "[\(Self.json(column.name)),\(Self.json(type.name)),\(type.oid),\(type.typmod),\(column.isNotNull)]"
        }
        return "[\(columns.joined(separator: ","))]"
    }

    /// The key's column names, or null for a bag.
    public var keyDescription: String {
        guard let key else { return "null" }
        return "[\(key.map { Self.json(columns[$0].name) }.joined(separator: ","))]"
    }

    private static func json(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
