import Expressions
import Relational
import ViewPlan

/// Which columns of a plan's rows identify a row, proven from primary keys, unique indexes, groups and equalities.
///
/// Everything is in the sense of `=` with NULL equal to NULL, as in GROUP BY. A computed column is never said to follow from others:
/// equal values (1.0 and 1.00) may compute different ones.
struct Uniqueness {
    private let relations: [UInt32: RelationSchema]

    init(relations: [RelationSchema]) {
        self.relations = Dictionary(relations.map { ($0.relation, $0) }, uniquingKeysWith: { _, last in last })
    }

    /// What is known of a node's rows.
    struct Facts {
        /// Sets of columns that no two rows share.
        var keys: [Set<Int>] = []
        /// Rows that agree in `from` agree in `to`.
        var dependencies: [(from: Set<Int>, to: Set<Int>)] = []

        /// Every column that `columns` decide.
        func closure(of columns: Set<Int>) -> Set<Int> {
            var result = columns
            var isGrowing = true
            while isGrowing {
                isGrowing = false
                for (from, to) in dependencies where from.isSubset(of: result) && !to.isSubset(of: result) {
                    result.formUnion(to)
                    isGrowing = true
                }
            }
            return result
        }

        func isKey(_ columns: Set<Int>) -> Bool {
            let decided = closure(of: columns)
            return keys.contains { $0.isSubset(of: decided) }
        }

        /// A key within `columns` that no column can be taken from, preferring earlier columns; nil when they hold none.
        func minimalKey(within columns: Set<Int>) -> Set<Int>? {
            guard isKey(columns) else { return nil }
            var result = columns
            for column in columns.sorted(by: >) {
                let smaller = result.subtracting([column])
                if isKey(smaller) { result = smaller }
            }
            return result
        }
    }

    /// The fewest columns that identify a row of the node, in ascending order; empty when there is at most one row, nil for a bag.
    func key(of node: PlanNode) -> [Int]? {
        let facts = facts(of: node)
        let all = Set(node.columns.indices)
        var candidates = facts.keys.filter { $0.isSubset(of: all) }.compactMap { facts.minimalKey(within: $0) }
        if let minimal = facts.minimalKey(within: all) { candidates.append(minimal) }
        return candidates.map { $0.sorted() }.min { one, other in
            one.count != other.count ? one.count < other.count : one.lexicographicallyPrecedes(other)
        }
    }

    /// Whether no two rows of the node share the columns' values.
    func isUnique(_ columns: [Int], in node: PlanNode) -> Bool { facts(of: node).isKey(Set(columns)) }

    func facts(of node: PlanNode) -> Facts {
        switch node {
        case .scan(let scan): scanned(scan)
        case .filter(let filter): filtered(facts(of: filter.input), filter.predicate)
        case .project(let projection):
            moved(facts(of: projection.input), projection.expressions.map(\.columnIndex))
        case .join(let join): joined(join)
        case .aggregate(let aggregate): grouped(aggregate)
        }
    }

    private func scanned(_ scan: TableScan) -> Facts {
        guard let relation = relations[scan.relation] else { return Facts() }
        let positions = Dictionary(
            scan.columns.enumerated().map { ($1.attributeNumber, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var facts = Facts()
        for key in [relation.primaryKey] + relation.uniqueKeys where !key.isEmpty {
            let columns = key.compactMap { positions[relation.columns[$0].attributeNumber] }
            guard columns.count == key.count else { continue }
            facts.keys.append(Set(columns))
            facts.dependencies.append((Set(columns), Set(scan.columns.indices)))
        }
        return facts
    }

    private func filtered(_ input: Facts, _ predicate: Expression) -> Facts {
        var facts = input
        for conjunct in predicate.conjuncts {
            if let (left, right) = Catalog.equalitySides(conjunct) {
                add(equality: left, right, to: &facts)
            } else if case .isNull(.column(let index, _)) = conjunct {
                facts.dependencies.append(([], [index]))
            }
        }
        return facts
    }

    private func add(equality left: Expression, _ right: Expression, to facts: inout Facts) {
        switch (left.relabelledColumn, right.relabelledColumn) {
        case (let one?, let other?): facts.dependencies += [([one], [other]), ([other], [one])]
        case (let column?, nil) where right.columnsRead.isEmpty: facts.dependencies.append(([], [column]))
        case (nil, let column?) where left.columnsRead.isEmpty: facts.dependencies.append(([], [column]))
        default: break
        }
    }

    /// Facts over the columns of a projection: `sources[i]` is the input column that column i is, nil for a computed one.
    private func moved(_ input: Facts, _ sources: [Int?]) -> Facts {
        var targets: [Int: [Int]] = [:]
        for (target, source) in sources.enumerated() { if let source { targets[source, default: []].append(target) } }
        let visible = Set(targets.keys)
        // Every copy of a column may be wanted; determinants take the first one, and copies follow it.
        let first = { (columns: Set<Int>) in Set(columns.compactMap { targets[$0]?.first }) }
        let all = { (columns: Set<Int>) in Set(columns.flatMap { targets[$0] ?? [] }) }
        var facts = Facts()
        for copies in targets.values where copies.count > 1 {
            for copy in copies { facts.dependencies.append(([copy], Set(copies))) }
        }
        for (from, _) in input.dependencies where from.isSubset(of: visible) {
            facts.dependencies.append((first(from), all(input.closure(of: from).intersection(visible))))
        }
        for key in input.keys {
            if key.isSubset(of: visible) {
                facts.keys.append(first(key))
            } else if input.isKey(visible), let minimal = input.minimalKey(within: visible) {
                facts.keys.append(first(minimal))
            }
        }
        return facts
    }

    private func joined(_ join: Join) -> Facts {
        let left = facts(of: join.left)
        let rightInput = facts(of: join.right)
        let shift = join.left.columns.count
        let shifted = { (columns: Set<Int>) in Set(columns.map { $0 + shift }) }
        var facts = left
        for (from, to) in rightInput.dependencies {
            // A row without a match has NULL in all right columns: that is one more row for a determinant that may be NULL itself.
            let rightColumns = join.right.columns
            let survives = join.kind == .inner || from.contains { rightColumns[$0].isNotNull }
            if survives { facts.dependencies.append((shifted(from), shifted(to))) }
        }
        let pairs = zip(join.leftKey, join.rightKey).map { ($0, $1 + shift) }
        let oneRight = rightInput.isKey(Set(join.rightKey))
        let oneLeft = left.isKey(Set(join.leftKey))
        facts.keys = oneRight ? left.keys : []
        let rightKeys = rightInput.keys.map(shifted)
        if oneLeft, join.kind == .inner { facts.keys += rightKeys }
        for one in left.keys { for other in rightKeys { facts.keys.append(one.union(other)) } }
        facts.keys = Self.smallest(facts.keys)
        if join.kind == .inner {
            for (one, other) in pairs { facts.dependencies += [([one], [other]), ([other], [one])] }
            if let residual = join.residual { facts = filtered(facts, residual) }
        }
        if oneRight {
            // At most one right row for a left key; whether it matches may hang on further left columns, so only without a residual.
            if join.residual == nil {
                let rightColumns = Set(join.right.columns.indices.map { $0 + shift })
                facts.dependencies.append((Set(join.leftKey), rightColumns))
            }
        }
        let sources = join.output.map { Optional($0) }
        return moved(facts, sources)
    }

    /// Drops keys that hold another one, and all but a few: their number would grow with every join.
    private static func smallest(_ keys: [Set<Int>]) -> [Set<Int>] {
        var result: [Set<Int>] = []
        for key in keys.sorted(by: { $0.count < $1.count }) where !result.contains(where: { $0.isSubset(of: key) }) {
            result.append(key)
        }
        return Array(result.prefix(8))
    }

    private func grouped(_ aggregate: Aggregate) -> Facts {
        let input = facts(of: aggregate.input)
        let groups = aggregate.groupColumns.map { Optional($0) }
        var facts = moved(input, groups)
        let own = Set(groups.indices)
        facts.keys = [own]
        facts.dependencies.append((own, Set(aggregate.columns.indices)))
        return facts
    }
}

extension Expression {
    /// The column that the expression is, a change of its type's name aside.
    fileprivate var relabelledColumn: Int? {
        if case .call(.relabel, let arguments, _) = self, arguments.count == 1 { return arguments[0].relabelledColumn }
        return columnIndex
    }
}
