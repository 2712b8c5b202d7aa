import Expressions
import Relational
import TestSupport
import Testing

/// The resolver against PostgreSQL: the same result type or both a refusal, over every combination of types.
@Suite struct ResolutionOracleTests {
    private static let types: [ScalarType] =
        SampleValues.types + [
            .jsonb, .unknown, ScalarType(oid: .bpchar, name: "character"), ScalarType(oid: .interval, name: "interval"),
            ScalarType(oid: .json, name: "json"), ScalarType(oid: TypeOID(1083), name: "time without time zone"),
            ScalarType(oid: TypeOID(1007), name: "integer[]"), ScalarType(oid: TypeOID(869), name: "inet"),
        ]

    private static func sql(_ type: ScalarType) -> String { type.oid == .unknown ? "NULL" : "NULL::\(type.name)" }

    private static func argument(_ type: ScalarType, _ index: Int) -> Expression {
        type.oid == .unknown ? .constant(.null, .unknown) : .column(index, type)
    }

    struct Question {
        var sql: String
        var types: [ScalarType]
        var outcome: Result<ScalarType, ResolutionError>
    }

    /// What is refused although Postgres takes it must involve a type that Leftfold only carries, or a documented gap.
    private func compare(_ questions: [Question], gaps: Set<String> = []) throws {
        let answers = try Oracle.types(of: questions.map(\.sql))
        var failures: [String] = []
        var refused = 0
        for (question, theirs) in zip(questions, answers) {
            switch question.outcome {
            case .success(let type):
                if type.name != theirs {
                    failures.append("\(question.sql) is \(theirs) in Postgres, \(type.name) here")
                }
            case .failure(let error):
                if theirs.hasPrefix("error ") {
                    let isKnown = ["42883", "42725", "42846", "42804", "42P18", "42P21", "0A000", "42601"].contains(
                        theirs.dropFirst(6)
                    )
                    if !isKnown { failures.append("\(question.sql): \(theirs)") }
                } else if error.code == .notSupported {
                    refused += 1
                    let isCarried = question.types.contains { $0.encoding == .opaque || $0.encoding == .jsonb }
                    let isCarriedResult =
                        Self.types.first { $0.name == theirs }.map { $0.encoding == .opaque || $0.encoding == .jsonb }
                        ?? true
                    if !isCarried, !isCarriedResult, !gaps.contains(question.sql) {
                        failures.append("\(question.sql) is \(theirs) in Postgres, refused here: \(error)")
                    }
                } else {
                    failures.append("\(question.sql) is \(theirs) in Postgres, unknown here: \(error)")
                }
            }
        }
        for failure in failures.prefix(40) { Issue.record("\(failure)") }
        #expect(failures.isEmpty, "\(failures.count) of \(questions.count) differ; \(refused) refused on purpose")
    }

    private func outcome(_ body: () throws(ResolutionError) -> Expression) -> Result<ScalarType, ResolutionError> {
        Result { () throws(ResolutionError) in try body().type }
    }

    @Test func `every operator over every pair of types has Postgres's result type`() throws {
        var questions: [Question] = []
        for name in ["+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">=", "||", "~~", "!~~"] {
            for (left, right) in Self.pairs {
                questions.append(
                    Question(
                        sql: "\(Self.sql(left)) \(name) \(Self.sql(right))",
                        types: [left, right],
                        outcome: outcome { () throws(ResolutionError) in
                            try Catalog.call(
                                operator: name,
                                [Self.argument(left, 0), Self.argument(right, 1)]
                            )
                        }
                    )
                )
            }
        }
        for type in Self.types {
            for name in ["+", "-"] {
                questions.append(
                    Question(
                        sql: "\(name) \(Self.sql(type))",
                        types: [type],
                        outcome: outcome { () throws(ResolutionError) in
                            try Catalog.call(operator: name, [Self.argument(type, 0)])
                        }
                    )
                )
            }
        }
        try compare(questions)
    }

    private static var pairs: [(ScalarType, ScalarType)] { types.flatMap { left in types.map { (left, $0) } } }

    @Test func `every function over every type has Postgres's result type`() throws {
        let names = Set(Catalog.functions.map(\.name)).sorted()
        var questions: [Question] = []
        for name in names {
            for type in Self.types { questions.append(Self.functionQuestion(name, [type])) }
            for (first, second) in Self.pairs { questions.append(Self.functionQuestion(name, [first, second])) }
        }
        // Regular expressions and encodings other than UTF-8 are not there yet.
        let strings = Self.types.filter { ["text", "character varying", "unknown", "character"].contains($0.name) }
        var gaps: Set<String> = Set(strings.map { "pg_catalog.\"length\"(NULL::bytea, \(Self.sql($0)))" })
        for first in strings {
            for second in strings { gaps.insert("pg_catalog.\"substring\"(\(Self.sql(first)), \(Self.sql(second)))") }
        }
        try compare(questions, gaps: gaps)
    }

    private static func functionQuestion(_ name: String, _ types: [ScalarType]) -> Question {
        let arguments = types.enumerated().map { argument($0.element, $0.offset) }
        return Question(
            sql: "pg_catalog.\"\(name)\"(\(types.map(sql).joined(separator: ", ")))",
            types: types,
            outcome: Result { () throws(ResolutionError) in try Catalog.call(function: name, arguments).type }
        )
    }

    @Test func `every cast is allowed exactly when Postgres allows it`() throws {
        var questions: [Question] = []
        for (source, target) in Self.pairs where target.oid != .unknown {
            questions.append(
                Question(
                    sql: "CAST(\(Self.sql(source)) AS \(target.name))",
                    types: [source, target],
                    outcome: outcome { () throws(ResolutionError) in
                        try Catalog.cast(Self.argument(source, 0), to: target, .explicit)
                    }
                )
            )
        }
        try compare(questions)
    }

    @Test func `CASE finds Postgres's common type for every pair of types`() throws {
        var questions: [Question] = []
        for (left, right) in Self.pairs {
            questions.append(
                Question(
                    sql: "CASE WHEN true THEN \(Self.sql(right)) ELSE \(Self.sql(left)) END",
                    types: [left, right],
                    outcome: Result { () throws(ResolutionError) in
                        try Catalog.unify([Self.argument(left, 0), Self.argument(right, 1)], for: "CASE").type
                    }
                )
            )
        }
        try compare(questions)
    }

    @Test func `NULLIF, IN and GREATEST take the types that Postgres takes`() throws {
        var questions: [Question] = []
        for (left, right) in Self.pairs {
            let (a, b) = (Self.argument(left, 0), Self.argument(right, 1))
            questions.append(
                Question(
                    sql: "NULLIF(\(Self.sql(left)), \(Self.sql(right)))",
                    types: [left, right],
                    outcome: outcome { () throws(ResolutionError) in try Catalog.nullIf(a, b) }
                )
            )
            questions.append(
                Question(
                    sql: "GREATEST(\(Self.sql(left)), \(Self.sql(right)))",
                    types: [left, right],
                    outcome: outcome { () throws(ResolutionError) in try Catalog.extreme([a, b], isGreatest: true) }
                )
            )
            questions.append(
                Question(
                    sql: "\(Self.sql(left)) IN (\(Self.sql(right)), NULL)",
                    types: [left, right],
                    outcome: outcome { () throws(ResolutionError) in
                        try Catalog.isIn(a, [b, .constant(.null, .unknown)])
                    }
                )
            )
        }
        try compare(questions)
    }

    @Test func `aggregates have Postgres's result type over every type`() throws {
        var questions: [Question] = []
        for name in ["count", "sum", "avg", "min", "max"] {
            for type in Self.types {
                questions.append(
                    Question(
                        sql: "(SELECT \(name)(x) FROM (SELECT \(Self.sql(type)) AS x) s)",
                        types: [type],
                        outcome: Result { () throws(ResolutionError) in
                            try Catalog.aggregate(name, Self.argument(type, 0)).resultType
                        }
                    )
                )
            }
        }
        try compare(questions)
    }
}
