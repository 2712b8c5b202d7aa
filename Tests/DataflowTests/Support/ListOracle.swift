import Expressions
import Relational
import ViewPlan

/// The result of an aggregate that makes a list, from scratch: every row written out, sorted, joined.
struct ListOracle {
    private typealias Item = (row: PlainRow, image: [UInt8])

    private let call: AggregateCall
    private let types: [ScalarType]

    init(_ call: AggregateCall, _ types: [ScalarType]) {
        self.call = call
        self.types = types
    }

    /// Weights of the rows whose object key is NULL: errors of the view.
    static func nullKeys(_ call: AggregateCall, _ members: [(row: PlainRow, weight: Int64)]) -> [Int64] {
        guard call.function == .jsonObjectAgg || call.function == .jsonbObjectAgg, let key = call.argument else {
            return []
        }
        return members.filter { member in
            member.row[key].isNull && (call.filter.map { member.row[$0] == .bool(true) } ?? true)
        }.map(\.weight)
    }

    func result(_ members: [(row: PlainRow, weight: Int64)]) -> Datum {
        var items: [Item] = []
        for member in members {
            guard let image = image(of: member.row) else { continue }
            for _ in 0..<member.weight { items.append((member.row, image)) }
        }
        items.sort(by: precedes)
        if call.isDistinct {
            var seen: Set<[Datum]> = []
            items = items.filter { item in
                seen.insert(call.order.map { PlainValues.canonical(item.row[$0.column]) }).inserted
            }
        }
        if call.function == .jsonbObjectAgg {
            var last: [String: Item] = [:]
            for item in items { last[key(of: item.row)] = item }
            let keys = last.keys.sorted { one, other in
                one.utf8.count != other.utf8.count
                    ? one.utf8.count < other.utf8.count : one.utf8.lexicographicallyPrecedes(other.utf8)
            }
            items = keys.compactMap { last[$0] }
        }
        if items.isEmpty { return .null }
        let texts = items.map { String(decoding: $0.image, as: UTF8.self) }
        switch call.function {
        case .jsonAgg, .jsonbAgg: return .text("[" + texts.joined(separator: ", ") + "]")
        case .arrayAgg: return .text("{" + texts.joined(separator: ",") + "}")
        case .jsonObjectAgg: return .text("{ " + texts.joined(separator: ", ") + " }")
        case .jsonbObjectAgg: return .text("{" + texts.joined(separator: ", ") + "}")
        default:
            var text = ""
            for (index, item) in items.enumerated() {
                if index > 0 { text += plain(item.row[call.second ?? 0]) ?? "" }
                text += plain(item.row[call.argument ?? 0]) ?? ""
            }
            return .text(text)
        }
    }

    /// What the row shows, and what decides between rows that the order leaves equal; nil for a row that is not listed.
    private func image(of row: PlainRow) -> [UInt8]? {
        let value = row[call.argument ?? 0]
        switch call.function {
        case .jsonAgg, .jsonbAgg: return Array(json(value).utf8)
        case .arrayAgg:
            guard let text = plain(value, isShort: true) else { return Array("NULL".utf8) }
            let isQuoted = text.isEmpty || text.contains(" ")
            return Array((isQuoted ? "\"\(text)\"" : text).utf8)
        case .jsonObjectAgg, .jsonbObjectAgg:
            if value.isNull { return nil }
            let colon = call.function == .jsonObjectAgg ? " : " : ": "
            return Array("\"\(key(of: row))\"\(colon)\(json(row[call.second ?? 0]))".utf8)
        default:
            guard let text = plain(value) else { return nil }
            let delimiter = Array((plain(row[call.second ?? 0]) ?? "").utf8)
            // The delimiter's length, little-endian, comes first.
            let length = (0..<4).map { UInt8(truncatingIfNeeded: delimiter.count >> (8 * $0)) }
            return length + delimiter + Array(text.utf8)
        }
    }

    private func key(of row: PlainRow) -> String { plain(row[call.argument ?? 0]) ?? "" }

    private func json(_ value: Datum) -> String {
        guard let text = plain(value) else { return "null" }
        if case .text = value { return "\"\(text)\"" }
        return text
    }

    /// The values of the tests need no escapes.
    private func plain(_ value: Datum, isShort: Bool = false) -> String? {
        switch value {
        case .bool(let value): isShort ? (value ? "t" : "f") : "\(value)"
        case .int(let value): "\(value)"
        case .text(let text): text
        default: nil
        }
    }

    private func precedes(_ one: Item, _ other: Item) -> Bool {
        for item in call.order {
            let (left, right) = (one.row[item.column], other.row[item.column])
            if left.isNull || right.isNull {
                if left.isNull && right.isNull { continue }
                return left.isNull == item.nullsFirst
            }
            if PlainValues.isLess(left, right) { return !item.isDescending }
            if PlainValues.isLess(right, left) { return item.isDescending }
        }
        return one.image.lexicographicallyPrecedes(other.image)
    }
}
