import Expressions
import Relational
import TestSupport

/// Random expressions, written twice: as SQL over the columns `c0`, `c1`, … and as the catalog binds it.
struct RandomExpression {
    var random: SeededGenerator
    private(set) var columns: [ScalarType] = []
    private(set) var values: [String?] = []

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    typealias Written = (sql: String, expression: Expression)

    private enum Source {
        case call(CatalogEntry, isOperator: Bool)
        case cast(CatalogEntry)
    }

    /// What can make a value of a type, by the type's name.
    private static let sources: [String: [Source]] = {
        var result: [String: [Source]] = [:]
        func isUsable(_ entry: CatalogEntry) -> Bool {
            entry.parameters.allSatisfy { SampleValues.type(named: $0) != nil && $0 != "character" }
        }
        for entry in Catalog.operators where isUsable(entry) {
            result[entry.result, default: []].append(.call(entry, isOperator: true))
        }
        let fieldFunctions: Set<String> = ["extract", "date_part", "date_trunc"]
        for entry in Catalog.functions where isUsable(entry) && !fieldFunctions.contains(entry.name) {
            result[entry.result, default: []].append(.call(entry, isOperator: false))
        }
        for entry in Catalog.casts where isUsable(entry) {
            result[entry.result, default: []].append(.cast(entry))
        }
        return result
    }()

    mutating func make(_ type: ScalarType, depth: Int) throws(ResolutionError) -> Written {
        switch Int.random(in: 0..<12, using: &random) {
        case _ where depth == 0: return leaf(type)
        case 0: return leaf(type)
        case 1: return try conditional(type, depth: depth - 1)
        case 2: return try coalesce(type, depth: depth - 1)
        case 3 where type.oid == .bool: return try logic(depth: depth - 1)
        case 4 where type.oid == .bool: return try membership(depth: depth - 1)
        default:
            guard let source = Self.sources[type.name]?.randomElement(using: &random) else { return leaf(type) }
            return try make(source, depth: depth - 1)
        }
    }

    private mutating func leaf(_ type: ScalarType) -> Written {
        columns.append(type)
        values.append(SampleValues.value(of: type, &random))
        return ("c\(columns.count - 1)", .column(columns.count - 1, type))
    }

    private mutating func make(_ source: Source, depth: Int) throws(ResolutionError) -> Written {
        switch source {
        case .cast(let entry):
            let operand = try make(SampleValues.type(named: entry.parameters[0]) ?? .int4, depth: depth)
            let target = SampleValues.type(named: entry.result) ?? .int4
            return ("(\(operand.sql))::\(entry.result)", try Catalog.cast(operand.expression, to: target, .explicit))
        case .call(let entry, let isOperator):
            var arguments: [Written] = []
            for name in entry.parameters {
                arguments.append(try make(SampleValues.type(named: name) ?? .int4, depth: depth))
            }
            let expressions = arguments.map(\.expression)
            if !isOperator {
                let list = arguments.map(\.sql).joined(separator: ", ")
                return ("pg_catalog.\"\(entry.name)\"(\(list))", try Catalog.call(function: entry.name, expressions))
            }
            let bound = try Catalog.call(operator: entry.name, expressions)
            if arguments.count == 1 { return ("(\(entry.name) (\(arguments[0].sql)))", bound) }
            return ("((\(arguments[0].sql)) \(entry.name) (\(arguments[1].sql)))", bound)
        }
    }

    private mutating func conditional(_ type: ScalarType, depth: Int) throws(ResolutionError) -> Written {
        let condition = try make(.bool, depth: depth)
        let result = try make(type, depth: depth)
        let otherwise = try make(type, depth: depth)
        return (
            "(CASE WHEN \(condition.sql) THEN \(result.sql) ELSE \(otherwise.sql) END)",
            .conditional(
                [.init(condition: condition.expression, result: result.expression)],
                otherwise: otherwise.expression,
                type
            )
        )
    }

    private mutating func coalesce(_ type: ScalarType, depth: Int) throws(ResolutionError) -> Written {
        let (first, second) = (try make(type, depth: depth), try make(type, depth: depth))
        return ("COALESCE(\(first.sql), \(second.sql))", .coalesce([first.expression, second.expression], type))
    }

    private mutating func logic(depth: Int) throws(ResolutionError) -> Written {
        let (first, second) = (try make(.bool, depth: depth), try make(.bool, depth: depth))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return ("(\(first.sql) AND \(second.sql))", .and([first.expression, second.expression]))
        case 1: return ("(\(first.sql) OR \(second.sql))", .or([first.expression, second.expression]))
        case 2: return ("(NOT (\(first.sql)))", .not(first.expression))
        default: return ("((\(first.sql)) IS NULL)", .isNull(first.expression))
        }
    }

    private mutating func membership(depth: Int) throws(ResolutionError) -> Written {
        let type = SampleValues.types.randomElement(using: &random) ?? .int4
        let (first, second) = (try make(type, depth: depth), try make(type, depth: depth))
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            return (
                "((\(first.sql)) IS NOT DISTINCT FROM (\(second.sql)))",
                try Catalog.isNotDistinct(first.expression, second.expression)
            )
        case 1:
            return (
                "((\(first.sql)) IN (\(second.sql), NULL))",
                try Catalog.isIn(first.expression, [second.expression, .constant(.null, .unknown)])
            )
        default:
            return (
                "(NULLIF(\(first.sql), \(second.sql)) IS NULL)",
                .isNull(try Catalog.nullIf(first.expression, second.expression))
            )
        }
    }
}
