import Expressions
import Relational
import ViewPlan

/// Random plans over the tables of `TestDatabase`.
struct RandomPlan {
    private var generator: SeededGenerator
    private let schemas: [RelationSchema]
    /// Nodes made before, taken again now and then, so that plans share.
    private var pool: [PlanNode] = []

    init(seed: UInt64, schemas: [RelationSchema]) {
        generator = SeededGenerator(seed: seed ^ 0xABCD)
        self.schemas = schemas
    }

    /// A plan of at most `depth` levels above the scans.
    mutating func node(depth: Int) -> PlanNode {
        if depth > 0, !pool.isEmpty, generator.once(in: 5) { return generator.pick(pool) }
        let made: PlanNode
        if depth == 0 {
            made = scan()
        } else {
            switch generator.below(10) {
            case 0, 1: made = filter(node(depth: depth - 1))
            case 2, 3: made = project(node(depth: depth - 1))
            case 4, 5, 6: made = join(node(depth: depth - 1), node(depth: depth - 1 - generator.below(depth)))
            default: made = aggregate(node(depth: depth - 1))
            }
        }
        pool.append(made)
        return made
    }

    private mutating func scan() -> PlanNode {
        let schema = generator.pick(schemas)
        var columns = schema.columns.filter { _ in !generator.once(in: 3) }
        if columns.isEmpty { columns = [schema.columns[0]] }
        return .scan(TableScan(relation: schema.relationID, name: schema.name, columns: columns))
    }

    private mutating func filter(_ input: PlanNode) -> PlanNode {
        .filter(Filter(input: input, predicate: predicate(input.columns, depth: 2)))
    }

    private mutating func project(_ input: PlanNode) -> PlanNode {
        let input = generator.once(in: 3) ? filter(input) : input
        let expressions = (0...generator.below(4)).map { _ in scalar(input.columns, depth: 2) }
        return .project(
            Projection(
                input: input,
                expressions: expressions,
                columns: expressions.map { PlanColumn(type: $0.type, isNotNull: false) }
            )
        )
    }

    private mutating func join(_ left: PlanNode, _ right: PlanNode) -> PlanNode {
        let left = generator.once(in: 6) ? right : left
        var pairs: [(Int, Int)] = []
        for (leftIndex, leftColumn) in left.columns.enumerated() {
            for (rightIndex, rightColumn) in right.columns.enumerated() where leftColumn.type == rightColumn.type {
                pairs.append((leftIndex, rightIndex))
            }
        }
        guard !pairs.isEmpty else { return filter(left) }
        let integers = pairs.filter { left.columns[$0.0].type == .int8 }
        var key = [generator.pick(integers.isEmpty || generator.once(in: 4) ? pairs : integers)]
        let further = generator.pick(pairs)
        if generator.once(in: 4), further != key[0] { key.append(further) }
        let both = left.columns + right.columns
        let output = both.indices.filter { _ in !generator.once(in: 3) }
        let columns = output.isEmpty ? [0] : output
        return .join(
            Join(
                kind: generator.once(in: 2) ? .left : .inner,
                left: left,
                right: right,
                leftKey: key.map(\.0),
                rightKey: key.map(\.1),
                residual: generator.once(in: 2) ? predicate(both, depth: 1) : nil,
                output: columns,
                columns: columns.map { PlanColumn(type: both[$0].type, isNotNull: false) }
            )
        )
    }

    private mutating func aggregate(_ input: PlanNode) -> PlanNode {
        let columns = input.columns
        var groups: [Int] = []
        if !generator.once(in: 5) {
            groups = (0..<(1 + generator.below(2))).map { _ in generator.below(columns.count) }
        }
        let flags = columns.indices.filter { columns[$0].type == .bool }
        let calls = (0...generator.below(4)).map { _ -> AggregateCall in
            let filter = !flags.isEmpty && generator.once(in: 3) ? generator.pick(flags) : nil
            return call(generator.below(columns.count), columns, filter)
        }
        return .aggregate(
            Aggregate(
                input: input,
                groupColumns: groups,
                calls: calls,
                columns: groups.map { columns[$0] } + calls.map { PlanColumn(type: $0.resultType, isNotNull: false) }
            )
        )
    }

    private mutating func call(_ argument: Int, _ columns: [PlanColumn], _ filter: Int?) -> AggregateCall {
        let type = columns[argument].type
        let isNumber = [.int4, .int8, .numeric, .float4, .float8].contains(type.encoding)
        switch generator.below(9) {
        case 6, 7, 8: return list(columns, filter)
        case 0: return AggregateCall(function: .countAll, argument: nil, filter: filter, resultType: .int8)
        case 1: return AggregateCall(function: .count, argument: argument, filter: filter, resultType: .int8)
        case 2 where isNumber:
            let result: ScalarType =
                switch type.encoding {
                case .int4: .int8
                case .int8, .numeric: .numeric
                case .float4: .float4
                default: .float8
                }
            return AggregateCall(function: .sum, argument: argument, filter: filter, resultType: result)
        case 3 where isNumber:
            let result: ScalarType = [.float4, .float8].contains(type.encoding) ? .float8 : .numeric
            return AggregateCall(function: .avg, argument: argument, filter: filter, resultType: result)
        case 4: return AggregateCall(function: .max, argument: argument, filter: filter, resultType: type)
        default: return AggregateCall(function: .min, argument: argument, filter: filter, resultType: type)
        }
    }

    /// A list of what `ListOracle` can write; of other columns the list of a text.
    private mutating func list(_ columns: [PlanColumn], _ filter: Int?) -> AggregateCall {
        let plain = columns.indices.filter { [.bool, .int4, .int8, .text].contains(columns[$0].type.encoding) }
        let texts = plain.filter { columns[$0].type.encoding == .text }
        guard let argument = plain.isEmpty ? nil : generator.pick(plain) else {
            return AggregateCall(function: .countAll, argument: nil, filter: filter, resultType: .int8)
        }
        var call = AggregateCall(function: .jsonAgg, argument: argument, filter: filter, resultType: .jsonText)
        switch generator.below(6) {
        case 0: break
        case 1: call.function = .jsonbAgg
        case 2: call.function = .arrayAgg
        case 3 where !texts.isEmpty:
            call.function = .stringAgg
            call.argument = generator.pick(texts)
            call.second = generator.pick(texts)
            call.resultType = .text
        case 4:
            call.function = .jsonObjectAgg
            call.second = generator.pick(plain)
        default:
            call.function = .jsonbObjectAgg
            call.second = generator.pick(plain)
        }
        for _ in 0..<generator.below(3) { call.order.append(order(by: generator.below(columns.count))) }
        if generator.once(in: 3), call.function != .jsonbObjectAgg {
            call.isDistinct = true
            call.order = [call.argument, call.second].compactMap(\.self).map { order(by: $0) }
        }
        return call
    }

    private mutating func order(by column: Int) -> AggregateOrder {
        AggregateOrder(column: column, isDescending: generator.once(in: 2), nullsFirst: generator.once(in: 2))
    }

    // MARK: Expressions

    private mutating func predicate(_ columns: [PlanColumn], depth: Int) -> Expression {
        if depth > 0 {
            switch generator.below(6) {
            case 0: return .and([predicate(columns, depth: depth - 1), predicate(columns, depth: depth - 1)])
            case 1: return .or([predicate(columns, depth: depth - 1), predicate(columns, depth: depth - 1)])
            case 2: return .not(predicate(columns, depth: depth - 1))
            default: break
            }
        }
        let index = generator.below(columns.count)
        let column = Expression.column(index, columns[index].type)
        if generator.once(in: 5) { return .isNull(column) }
        let peers = columns.indices.filter { columns[$0].type == columns[index].type && $0 != index }
        let other = !peers.isEmpty && generator.once(in: 2) ? generator.pick(peers) : nil
        let operand = { (value: Datum) -> Expression in
            other.map { .column($0, columns[$0].type) } ?? .constant(value, columns[index].type)
        }
        switch columns[index].type.encoding {
        case .bool: return column
        case .int4, .int8:
            let function: ScalarFunction = generator.once(in: 3) ? .intEqual : .intLess
            if generator.once(in: 4), columns[index].type == .int8 {
                return .call(.intLess, [scalar(columns, depth: 1, type: .int8), column], .bool)
            }
            return .call(function, [column, operand(.int(Int64(generator.below(6))))], .bool)
        case .numeric:
            return .call(.numericLess, [column, operand(.numeric(.small(coefficient: 1000, scale: 2)))], .bool)
        case .float4, .float8: return .call(.floatLess, [column, operand(.float(1.5))], .bool)
        default: return .call(.bytesLess, [column, operand(.text("b"))], .bool)
        }
    }

    private mutating func scalar(_ columns: [PlanColumn], depth: Int, type: ScalarType? = nil) -> Expression {
        let fitting = columns.indices.filter { type == nil || columns[$0].type == type }
        guard let index = fitting.isEmpty ? nil : generator.pick(fitting) else {
            return .constant(.int(Int64(generator.below(5))), .int8)
        }
        let column = Expression.column(index, columns[index].type)
        guard depth > 0 else { return column }
        if columns[index].type == .int8 {
            let other = scalar(columns, depth: depth - 1, type: .int8)
            switch generator.below(6) {
            case 0: return .call(.int8Add, [column, other], .int8)
            case 1: return .call(.int8Divide, [column, other], .int8)
            case 2: return .coalesce([column, other], .int8)
            default: break
            }
        }
        if generator.once(in: 5) {
            let clause = Expression.WhenClause(
                condition: predicate(columns, depth: 0),
                result: column
            )
            return .conditional([clause], otherwise: .constant(.null, columns[index].type), columns[index].type)
        }
        return column
    }
}

extension ScalarType {
    /// A type carried as text.
    static let jsonText = ScalarType(oid: .json, name: "json")
}
