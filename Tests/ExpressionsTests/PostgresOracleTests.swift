import Expressions
import Relational
import TestSupport
import Testing

/// The catalog against PostgreSQL: same text, same NULL, or both an error.
@Suite struct PostgresOracleTests {
    /// One question for both sides.
    struct Question {
        var sql: String
        var columns: [ScalarType]
        var values: [String?]
        var expression: Result<Expression, ResolutionError>
    }

    static func quoted(_ value: String?, _ type: ScalarType) -> String {
        // `character` alone means character(1).
        let name = type.oid == .bpchar ? "bpchar" : type.name
        guard let value else { return "NULL::\(name)" }
        return "'\(value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'::\(name)"
    }

    static let seed = SeededGenerator.chosenSeed

    private func compare(_ questions: [Question], seed: UInt64, allowing isAllowed: (Question, String, String) -> Bool)
        throws
    {
        let answers = try Oracle.evaluate(questions.map(\.sql))
        var failures = 0
        for (question, theirs) in zip(questions, answers) {
            let ours: String
            switch question.expression {
            case .success(let expression):
                ours = try Evaluation.text(of: expression, columns: question.columns, values: question.values)
            case .failure(let error): ours = "error \(error.code.rawValue)"
            }
            let isSame = ours == theirs || (Self.isTimeError(ours) && Self.isTimeError(theirs))
            if isSame || isAllowed(question, ours, theirs) { continue }
            failures += 1
            if failures <= 40 {
                Issue.record("seed \(seed): \(question.sql) is \(theirs) in Postgres, \(ours) here")
            }
        }
        let raised = answers.count { $0.hasPrefix("error ") }
        #expect(
            raised < answers.count * 3 / 4,
            "seed \(seed): \(raised) of \(answers.count) raise an error, which proves little"
        )
        #expect(failures == 0, "seed \(seed): \(failures) of \(questions.count) differ")
    }

    /// What is wrong with a spelled time is said a little differently.
    private static func isTimeError(_ answer: String) -> Bool {
        answer == "error 22007" || answer == "error 22008" || answer == "error 22009"
    }

    private func resolve(_ body: () throws(ResolutionError) -> Expression) -> Result<Expression, ResolutionError> {
        Result { () throws(ResolutionError) in try body() }
    }

    private func columns(_ types: [ScalarType]) -> [Expression] {
        types.enumerated().map { .column($0.offset, $0.element) }
    }

    @Test func `every operator gives Postgres's answers`() throws {
        var random = SeededGenerator(seed: Self.seed)
        var questions: [Question] = []
        for entry in Catalog.operators {
            let types = entry.parameters.compactMap { SampleValues.type(named: $0 == "anynonarray" ? "integer" : $0) }
            guard types.count == entry.parameters.count else {
                Issue.record("no samples for \(entry)")
                continue
            }
            for _ in 0..<14 {
                let values = types.map { SampleValues.value(of: $0, &random) }
                let terms = zip(values, types).map { Self.quoted($0, $1) }
                let sql = terms.count == 1 ? "\(entry.name) \(terms[0])" : "\(terms[0]) \(entry.name) \(terms[1])"
                questions.append(
                    Question(
                        sql: sql,
                        columns: types,
                        values: values,
                        expression: resolve { () throws(ResolutionError) in
                            try Catalog.call(operator: entry.name, columns(types))
                        }
                    )
                )
            }
        }
        try compare(questions, seed: Self.seed) { _, _, _ in false }
    }

    @Test func `expressions of many operators give Postgres's answers`() throws {
        var questions: [Question] = []
        for number in 0..<2500 {
            var maker = RandomExpression(seed: Self.seed &+ UInt64(number))
            let type = SampleValues.types[number % SampleValues.types.count]
            let written = try maker.make(type, depth: 1 + number % 4)
            // OFFSET 0 keeps the planner from computing arms that are not reached.
            let inputs = zip(maker.values, maker.columns).enumerated().map { index, input in
                "\(Self.quoted(input.0, input.1)) AS c\(index)"
            }
            questions.append(
                Question(
                    sql: "(SELECT \(written.sql) FROM (SELECT \(inputs.joined(separator: ", ")) OFFSET 0) AS v)",
                    columns: maker.columns,
                    values: maker.values,
                    expression: .success(written.expression)
                )
            )
        }
        try compare(questions, seed: Self.seed) { question, ours, theirs in
            // Of several errors in one expression, either side may come upon another one first.
            ours.hasPrefix("error ") && (theirs.hasPrefix("error ") || ours == "error 22007")
        }
    }

    @Test func `every function gives Postgres's answers`() throws {
        var random = SeededGenerator(seed: Self.seed)
        var questions: [Question] = []
        for entry in Catalog.functions {
            let types = entry.parameters.compactMap { SampleValues.type(named: $0) }
            guard types.count == entry.parameters.count else {
                Issue.record("no samples for \(entry)")
                continue
            }
            for _ in 0..<40 {
                var values = types.map { SampleValues.value(of: $0, &random) }
                if ["extract", "date_part", "date_trunc"].contains(entry.name) {
                    values[0] = Self.fields.randomElement(using: &random)
                } else if types.count > 1, types.last?.oid == .int4, Int.random(in: 0..<4, using: &random) > 0 {
                    for index in 1..<types.count { values[index] = "\(Int.random(in: -4...6, using: &random))" }
                }
                let terms = zip(values, types).map { Self.quoted($0, $1) }
                let name =
                    entry.name == "like" || entry.name == "left" || entry.name == "right"
                    ? "\"\(entry.name)\"" : entry.name
                let isSpecial = ["position", "extract", "substring", "overlay"].contains(entry.name)
                questions.append(
                    Question(
                        sql: "\(isSpecial ? "pg_catalog.\"\(entry.name)\"" : name)(\(terms.joined(separator: ", ")))",
                        columns: types,
                        values: values,
                        expression: resolve { () throws(ResolutionError) in
                            try Catalog.call(function: entry.name, columns(types))
                        }
                    )
                )
            }
        }
        try compare(questions, seed: Self.seed) { _, _, _ in false }
    }

    private static let fields = [
        "microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade",
        "century", "millennium", "epoch", "dow", "isodow", "doy", "isoyear", "julian", "timezone", "timezone_hour",
        "YEAR", "mons", "secs", "nonsense", "",
    ]

    @Test func `every cast gives Postgres's answers`() throws {
        var random = SeededGenerator(seed: Self.seed)
        var questions: [Question] = []
        for entry in Catalog.casts {
            guard let source = SampleValues.type(named: entry.parameters[0]),
                let target = SampleValues.type(named: entry.result)
            else { continue }
            for round in 0..<40 {
                var value = SampleValues.value(of: source, &random)
                if source.encoding == .text, round % 2 == 0 { value = SampleValues.value(of: target, &random) }
                if let text = value, source.encoding == .text, round % 8 == 0 { value = " \(text)  " }
                questions.append(
                    Question(
                        sql: "\(Self.quoted(value, source))::\(target.name)",
                        columns: [source],
                        values: [value],
                        expression: resolve { () throws(ResolutionError) in
                            try Catalog.cast(.column(0, source), to: target, .explicit)
                        }
                    )
                )
            }
        }
        // Text that spells a date in another way than ISO is refused here on purpose.
        try compare(questions, seed: Self.seed) { question, ours, theirs in
            ours == "error 22007" && question.columns[0].encoding == .text && !theirs.hasPrefix("error")
                && question.expression.isTimeInput
        }
    }

    @Test func `type modifiers round, cut and refuse as in Postgres`() throws {
        var random = SeededGenerator(seed: Self.seed)
        var targets: [ScalarType] = []
        for (precision, scale) in [(5, 2), (3, 0), (38, 10), (2, 4), (4, -2), (60, 20), (1, 1)] {
            let typmod = Int32(precision << 16 | (scale & 0x7FF)) + 4
            targets.append(ScalarType(oid: .numeric, typmod: typmod, name: "numeric(\(precision),\(scale))"))
        }
        for length in [1, 3, 10] {
            targets.append(ScalarType(oid: .varchar, typmod: Int32(length + 4), name: "varchar(\(length))"))
        }
        for digits in 0...6 {
            targets.append(ScalarType(oid: .timestamp, typmod: Int32(digits), name: "timestamp(\(digits))"))
            targets.append(ScalarType(oid: .timestamptz, typmod: Int32(digits), name: "timestamptz(\(digits))"))
        }
        var questions: [Question] = []
        for target in targets {
            let sources: [ScalarType]
            switch target.oid {
            case .numeric: sources = [.numeric, .int4, .float8, .numeric]
            case .varchar: sources = [SampleValues.text, SampleValues.varchar, .int4]
            default: sources = [target.oid == .timestamp ? .timestamp : .timestamptz, .date]
            }
            for source in sources {
                for _ in 0..<15 {
                    let value = SampleValues.value(of: source, &random)
                    questions.append(
                        Question(
                            sql: "\(Self.quoted(value, source))::\(target.name)",
                            columns: [source],
                            values: [value],
                            expression: resolve { () throws(ResolutionError) in
                                try Catalog.cast(.column(0, source), to: target, .explicit)
                            }
                        )
                    )
                }
            }
        }
        try compare(questions, seed: Self.seed) { _, _, _ in false }
    }

    @Test func `a literal means what Postgres reads in it`() throws {
        var random = SeededGenerator(seed: Self.seed)
        var questions: [Question] = []
        for type in SampleValues.types {
            for round in 0..<25 {
                let other = SampleValues.types.randomElement(using: &random) ?? .int4
                guard var text = SampleValues.value(of: round % 3 == 0 ? other : type, &random) else { continue }
                if round % 4 == 0 { text = " " + text }
                let literal = Expression.constant(.text(text), .unknown)
                let escaped = text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
                questions.append(
                    Question(
                        sql: "'\(escaped)'::\(type.name)",
                        columns: [],
                        values: [],
                        expression: resolve { () throws(ResolutionError) in
                            try Catalog.cast(literal, to: type, .explicit)
                        }
                    )
                )
            }
        }
        try compare(questions, seed: Self.seed) { question, ours, _ in ours == "error 22007" }
    }
}

extension Result<Expression, ResolutionError> {
    /// Whether it is a cast from text to a date or timestamp.
    var isTimeInput: Bool {
        guard case .success(.call(let function, _, _)) = self else { return false }
        return function == .textToDate || function == .textToTimestamp || function == .textToTimestamptz
    }
}
