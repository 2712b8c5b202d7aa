import BigInt
import Expressions
import Relational
import ViewPlan

/// What a plan gives over whole tables, from scratch and over plain values: knows nothing of deltas or state.
struct PlanOracle {
    /// A bag of rows, keyed by image.
    struct Bag {
        var weights: [PlainRow: Int64] = [:]
        var rows: [PlainRow: PlainRow] = [:]

        mutating func add(_ row: PlainRow, _ weight: Int64) {
            let image = PlainRows.image(row)
            weights[image, default: 0] += weight
            rows[image] = row
            if weights[image] == 0 { weights[image] = nil }
        }

        var entries: [(row: PlainRow, weight: Int64)] {
            weights.compactMap { image, weight in rows[image].map { ($0, weight) } }
        }
    }

    /// Rows of each relation, all columns, with weights.
    let tables: [RelationID: (columns: [Column], rows: Bag)]
    private var results: [PlanNode: Bag] = [:]
    private var errors: [PlanNode: [EvaluationError: Int64]] = [:]

    init(tables: [RelationID: (columns: [Column], rows: Bag)]) { self.tables = tables }

    /// The rows of a plan.
    mutating func rows(_ node: PlanNode) -> Bag {
        if let known = results[node] { return known }
        var bag = Bag()
        switch node {
        case .scan(let scan): bag = self.scan(scan)
        case .filter(let filter):
            for (row, weight) in rows(filter.input).entries {
                do throws(EvaluationError) {
                    if try ExpressionOracle.value(filter.predicate, row) == .bool(true) { bag.add(row, weight) }
                } catch { count(error, weight, node) }
            }
        case .project(let projection):
            for (row, weight) in rows(projection.input).entries {
                do throws(EvaluationError) {
                    var values: PlainRow = []
                    for expression in projection.expressions {
                        values.append(try ExpressionOracle.value(expression, row))
                    }
                    bag.add(values, weight)
                } catch { count(error, weight, node) }
            }
        case .join(let join): bag = self.join(join, node)
        case .aggregate(let aggregate): bag = self.aggregate(aggregate, node)
        }
        results[node] = bag
        return bag
    }

    /// The error rows of a plan, each distinct node counted once.
    mutating func errorCounts(_ node: PlanNode) -> [EvaluationError: Int64] {
        _ = rows(node)
        var sum: [EvaluationError: Int64] = [:]
        var open = [node]
        var seen: Set<PlanNode> = []
        while let next = open.popLast() {
            guard seen.insert(next).inserted else { continue }
            for (error, count) in errors[next] ?? [:] { sum[error, default: 0] += count }
            switch next {
            case .scan: break
            case .filter(let filter): open.append(filter.input)
            case .project(let projection): open.append(projection.input)
            case .join(let join): open += [join.left, join.right]
            case .aggregate(let aggregate): open.append(aggregate.input)
            }
        }
        return sum.filter { $0.value != 0 }
    }

    private mutating func count(_ error: EvaluationError, _ weight: Int64, _ node: PlanNode) {
        errors[node, default: [:]][error, default: 0] += weight
    }

    private func scan(_ scan: TableScan) -> Bag {
        var bag = Bag()
        guard let table = tables[scan.relationID] else { return bag }
        for (row, weight) in table.rows.entries {
            let values = scan.columns.map { column in
                table.columns.firstIndex { $0.attributeNumber == column.attributeNumber }.map { row[$0] } ?? .null
            }
            bag.add(values, weight)
        }
        return bag
    }

    private mutating func join(_ join: Join, _ node: PlanNode) -> Bag {
        var bag = Bag()
        let right = rows(join.right).entries
        let nulls = PlainRow(repeating: .null, count: join.right.columns.count)
        for (leftRow, leftWeight) in rows(join.left).entries {
            var isMatched = false
            for (rightRow, rightWeight) in right {
                let isEqual = zip(join.leftKey, join.rightKey).allSatisfy {
                    PlainValues.areEqual(leftRow[$0], rightRow[$1])
                }
                guard isEqual else { continue }
                if let residual = join.residual {
                    do throws(EvaluationError) {
                        guard try ExpressionOracle.value(residual, leftRow + rightRow) == .bool(true) else { continue }
                    } catch {
                        count(error, leftWeight * rightWeight, node)
                        continue
                    }
                }
                isMatched = true
                bag.add(join.output.map { (leftRow + rightRow)[$0] }, leftWeight * rightWeight)
            }
            if join.kind == .left && !isMatched { bag.add(join.output.map { (leftRow + nulls)[$0] }, leftWeight) }
        }
        return bag
    }

    private mutating func aggregate(_ aggregate: Aggregate, _ node: PlanNode) -> Bag {
        var groups: [[Datum]: [(row: PlainRow, weight: Int64)]] = [:]
        if aggregate.groupColumns.isEmpty { groups[[]] = [] }
        for entry in rows(aggregate.input).entries {
            let key = aggregate.groupColumns.map { PlainValues.canonical(entry.row[$0]) }
            groups[key, default: []].append(entry)
        }
        var bag = Bag()
        for members in groups.values {
            for call in Set(aggregate.calls) {
                for weight in ListOracle.nullKeys(call, members) { count(.nullJSONKey, weight, node) }
            }
            let images = members.map { member in aggregate.groupColumns.map { member.row[$0] } }
            let smallest = images.min { PlainRows.packed($0).lexicographicallyPrecedes(PlainRows.packed($1)) } ?? []
            do throws(EvaluationError) {
                var values = smallest
                for call in aggregate.calls {
                    values.append(
                        try AggregateOracle.result(call, members, aggregate.input.columns.map(\.type))
                    )
                }
                bag.add(values, 1)
            } catch { count(error, 1, node) }
        }
        return bag
    }
}

/// Equality and order of plain values as Postgres has them.
enum PlainValues {
    /// Never for NULLs.
    static func areEqual(_ left: Datum, _ right: Datum) -> Bool {
        !left.isNull && !right.isNull && canonical(left) == canonical(right)
    }

    /// One value for all equal ones.
    static func canonical(_ value: Datum) -> Datum {
        switch value {
        case .float(let float):
            return float.isNaN ? .text("NaN") : .float(float == 0 ? 0 : float)
        case .numeric(let numeric):
            guard var (coefficient, scale) = PlainNumeric.parts(numeric) else { return value }
            while scale > 0 && coefficient % 10 == 0 { (coefficient, scale) = (coefficient / 10, scale - 1) }
            return .numeric(PlainNumeric.make(coefficient, coefficient == 0 ? 0 : scale))
        default: return value
        }
    }

    static func isLess(_ left: Datum, _ right: Datum) -> Bool {
        switch (left, right) {
        case (.int(let left), .int(let right)): left < right
        case (.float(let left), .float(let right)): right.isNaN ? !left.isNaN : left < right
        case (.text(let left), .text(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.numeric(let left), .numeric(let right)): PlainNumeric.isLess(left, right)
        case (.bool(let left), .bool(let right)): !left && right
        default: false
        }
    }
}
