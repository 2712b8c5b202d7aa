import Foundation
import Relational
import ViewMaintenance
import ViewPlan
import ViewSQL

/// One view as `plan` reports it.
struct PlannedView: Codable {
    /// What `apply` would do.
    enum Action: String, Codable {
        case new
        case changed
        /// To another store; it may change besides.
        case moved
        case dropped
        case unchanged
        case error
        /// Its store cannot be read now.
        case unknown
    }

    /// How its rows get into the store.
    enum Method: String, Codable {
        /// Built unseen, then put in place in one transaction.
        case generation
        /// The difference to the rows that are there, in one transaction.
        case difference
    }

    /// What building it costs.
    struct Cost: Codable {
        struct Table: Codable {
            var name: String
            /// As the server estimates; nil when it cannot be asked, or has not counted yet.
            var rows: Int64?
            var bytes: Int64?
        }

        /// The tables that it reads.
        var tables: [Table]
        /// Bytes of the log that are replayed, once for all views of an apply.
        var logBytes: Int64
        /// What its operators keep in memory.
        var state: [String]
        /// What they keep now, as the daemon measured it; nil without a daemon or for a new view.
        var stateBytes: Int64?
    }

    var view: String
    var file: String
    var action: Action
    var store: String?
    /// The store that it leaves.
    var from: String?
    var key: [String]?
    /// What is different; nil when the definition before is not known.
    var changes: [DefinitionChange.Part]?
    var method: Method?
    var cost: Cost?
    var error: String?
    var hint: String?
    /// Whether its store cannot be read now, for which `error` has the reason.
    var isStoreAway: Bool?
}

extension PlannedView {
    /// Its store cannot be read: what an apply would do is not known, and one without that store leaves what is there.
    mutating func noteAway(_ failure: CommandFailure) {
        error = failure.message(namingStore: store ?? "")
        hint = failure.hint
        isStoreAway = true
        if action != .dropped { action = .unknown }
        (changes, method, from) = (nil, nil, nil)
    }

    /// Lines for people.
    var lines: [String] {
        var line = "\(action.rawValue.padding(toLength: 10, withPad: " ", startingAt: 0)) \(view)"
        if let store { line += "  in \(store)" }
        if let from { line += ", from \(from)" }
        if error == nil || action == .unknown, action != .dropped {
            line += key.map { "  key (\($0.joined(separator: ", ")))" } ?? "  no key: a bag"
        }
        var lines = [line]
        if let error { lines.append("  " + error.replacing("\n", with: "\n  ")) }
        if let hint { lines.append("  hint: \(hint)") }
        if let changes { lines.append("  other \(changes.map(\.text).joined(separator: ", "))") }
        if let method { lines.append("  \(method.text)") }
        if let cost { lines += cost.lines }
        if action == .dropped, error == nil { lines.append("  its rows and its progress go, in one transaction") }
        return lines
    }
}

extension PlannedView.Method {
    fileprivate var text: String {
        switch self {
        case .generation: "built beside what readers see, then put in its place in one transaction"
        case .difference: "the difference to the rows that are there, in one transaction"
        }
    }
}

extension DefinitionChange.Part {
    fileprivate var text: String {
        switch self {
        case .query: "rows (its SELECT)"
        case .inputs: "rows (what it reads has changed)"
        case .columns: "columns"
        case .key: "key"
        case .index: "indexes"
        case .kind: "kind"
        case .options: "options"
        case .store: "store"
        case .engine: "rows (this version of Leftfold computes them otherwise)"
        }
    }
}

extension PlannedView.Cost {
    fileprivate var lines: [String] {
        let tables = tables.map { table in
            var facts: [String] = []
            if let rows = table.rows { facts.append("about \(rows) rows") }
            if let bytes = table.bytes { facts.append(StatusText.bytes(bytes)) }
            return table.name + (facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))")
        }
        var lines = ["  reads \(tables.joined(separator: ", ")); replays \(StatusText.bytes(logBytes)) of log"]
        for state in state { lines.append("  keeps \(state)") }
        if let stateBytes { lines.append("  keeps \(StatusText.bytes(stateBytes)) now") }
        return lines
    }
}
