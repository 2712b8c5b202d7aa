import Expressions
import Relational
import ViewPlan

/// Prints a plan as a tree; columns are called after the table columns and expressions that they come from.
struct PlanPrinter {
    private let root: PlanNode
    /// How often each arrangement (a node's rows by a key) is kept in this plan; more than once means shared.
    private var uses: [ArrangementID: Int] = [:]
    private var labels: [ArrangementID: Int] = [:]
    /// Names of the occurrences of each table that is read more than once.
    private var occurrences: [QualifiedName: Int] = [:]
    private var printed: [QualifiedName: Int] = [:]

    private struct ArrangementID: Hashable {
        var node: PlanNode
        var key: [Int]
    }

    /// Names of other views with the same arrangement, or with the same aggregate.
    private var sharers: [ArrangementID: [String]] = [:]
    private var aggregateSharers: [PlanNode: [String]] = [:]

    init(root: PlanNode, others: [ViewDefinition]) {
        self.root = root
        count(root)
        for other in others { note(other.root, of: other.name) }
    }

    mutating func lines() -> [String] { lines(of: root, indent: "").lines }

    private mutating func note(_ node: PlanNode, of view: String) {
        switch node {
        case .scan: break
        case .filter(let filter): note(filter.input, of: view)
        case .project(let projection): note(projection.input, of: view)
        case .join(let join):
            for side in [
                ArrangementID(node: join.left, key: join.leftKey), ArrangementID(node: join.right, key: join.rightKey),
            ] where !(sharers[side] ?? []).contains(view) {
                sharers[side, default: []].append(view)
            }
            note(join.left, of: view)
            note(join.right, of: view)
        case .aggregate(let aggregate):
            if !(aggregateSharers[node] ?? []).contains(view) { aggregateSharers[node, default: []].append(view) }
            note(aggregate.input, of: view)
        }
    }

    private mutating func count(_ node: PlanNode) {
        switch node {
        case .scan(let scan): occurrences[scan.name, default: 0] += 1
        case .filter(let filter): count(filter.input)
        case .project(let projection): count(projection.input)
        case .join(let join):
            uses[ArrangementID(node: join.left, key: join.leftKey), default: 0] += 1
            uses[ArrangementID(node: join.right, key: join.rightKey), default: 0] += 1
            count(join.left)
            count(join.right)
        case .aggregate(let aggregate): count(aggregate.input)
        }
    }

    private mutating func lines(of node: PlanNode, indent: String) -> (lines: [String], names: [String]) {
        switch node {
        case .scan(let scan): return lines(of: scan, indent)
        case .filter(let filter):
            let input = lines(of: filter.input, indent: indent + "  ")
            let predicate = ExpressionPrinter(names: input.names).text(filter.predicate)
            return ([indent + "filter \(predicate)"] + input.lines, input.names)
        case .project(let projection):
            let input = lines(of: projection.input, indent: indent + "  ")
            let printer = ExpressionPrinter(names: input.names)
            let names = projection.expressions.map(printer.text)
            return ([indent + "project \(names.joined(separator: ", "))"] + input.lines, names)
        case .join(let join): return lines(of: join, indent)
        case .aggregate(let aggregate): return lines(of: aggregate, indent)
        }
    }

    private mutating func lines(of scan: TableScan, _ indent: String) -> (lines: [String], names: [String]) {
        let columns = scan.columns.map(\.name)
        var prefix = scan.name.name
        if let count = occurrences[scan.name], count > 1 {
            printed[scan.name, default: 0] += 1
            prefix += "#\(printed[scan.name] ?? 1)"
        }
        let line =
            indent + "scan \(scan.name) (\(columns.joined(separator: ", ")))"
            + (prefix == scan.name.name ? "" : " as \(prefix)")
        return ([line], columns.map { "\(prefix).\($0)" })
    }

    private mutating func lines(of join: Join, _ indent: String) -> (lines: [String], names: [String]) {
        let left = lines(of: join.left, indent: indent + "  ")
        let right = lines(of: join.right, indent: indent + "  ")
        let both = left.names + right.names
        let keys = zip(join.leftKey, join.rightKey).map { "\(left.names[$0]) = \(right.names[$1])" }
        var lines = [indent + "\(join.kind.rawValue) join on \(keys.joined(separator: " AND "))"]
        if let residual = join.residual {
            lines.append(indent + "  | and \(ExpressionPrinter(names: both).text(residual))")
        }
        lines.append(
            indent + "  | state: left rows by \(list(join.leftKey, left.names))\(shared(join.left, join.leftKey)), "
                + "right rows by \(list(join.rightKey, right.names))\(shared(join.right, join.rightKey))"
        )
        let toRight = join.rightKeyIsUnique ? "at most 1 right row" : "its right rows"
        let toLeft = join.leftKeyIsUnique ? "at most 1 left row" : "its left rows"
        lines.append(indent + "  | per change: a left row meets \(toRight), a right row meets \(toLeft)")
        return (lines + left.lines + right.lines, join.output.map { both[$0] })
    }

    private mutating func shared(_ node: PlanNode, _ key: [Int]) -> String {
        let identity = ArrangementID(node: node, key: key)
        var notes: [String] = []
        if let count = uses[identity], count > 1 {
            if labels[identity] == nil { labels[identity] = labels.count + 1 }
            notes.append("shared #\(labels[identity] ?? 0)")
        }
        if let views = sharers[identity] { notes.append("shared with \(views.joined(separator: ", "))") }
        return notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
    }

    private func list(_ columns: [Int], _ names: [String]) -> String {
        "(\(columns.map { names[$0] }.joined(separator: ", ")))"
    }

    private mutating func lines(of aggregate: Aggregate, _ indent: String) -> (lines: [String], names: [String]) {
        let input = lines(of: aggregate.input, indent: indent + "  ")
        let groups = aggregate.groupColumns.map { input.names[$0] }
        let calls = aggregate.calls.map { AggregateText.text($0, input.names) }
        let by = groups.isEmpty ? "" : " by \(groups.joined(separator: ", "))"
        var lines = [
            indent
                + (calls.isEmpty
                    ? "distinct \(groups.joined(separator: ", "))" : "aggregate \(calls.joined(separator: ", "))\(by)")
        ]
        let edges = aggregate.calls.indices.filter { [.min, .max].contains(aggregate.calls[$0].function) }
        let lists = aggregate.calls.indices.filter { aggregate.calls[$0].function.isList }
        let each = groups.isEmpty ? "one row" : "a row for every group"
        var state = calls.isEmpty ? "\(each) with its count" : "\(each) with its count and sums"
        var cost = "updates its group"
        if !edges.isEmpty {
            state += "; the values of \(edges.count == 1 ? calls[edges[0]] : "min and max") in order"
            cost += "; a deleted extreme is looked up in the ordered values"
        }
        if !lists.isEmpty {
            let names = lists.map { aggregate.calls[$0].function.rawValue }
            state += "; the values of \(names.joined(separator: ", ")) in order"
            cost += "; finds its place in the ordered values, and the lists of the groups touched are written anew"
        }
        if let views = aggregateSharers[.aggregate(aggregate)] {
            state += " (shared with \(views.joined(separator: ", ")))"
        }
        lines.append(indent + "  | state: \(state)")
        lines.append(indent + "  | per change: \(cost)")
        return (lines + input.lines, groups + calls)
    }
}
