import Expressions
import Relational
import TestSupport
import Testing

/// JSON documents against PostgreSQL: the same text to the last blank, the same NULL, or the same error.
@Suite struct JSONOracleTests {
    private struct Question {
        var sql: String
        var columns: [ScalarType]
        var values: [String?]
        var expression: Result<Expression, ResolutionError>
    }

    private static let seed = SeededGenerator.chosenSeed

    private func compare(_ questions: [Question]) throws {
        let answers = try Oracle.evaluate(questions.map(\.sql))
        var failures = 0
        for (question, theirs) in zip(questions, answers) {
            let ours: String
            switch question.expression {
            case .success(let expression):
                ours = try Evaluation.text(of: expression, columns: question.columns, values: question.values)
            case .failure(let error): ours = "error \(error.code.rawValue)"
            }
            if ours == theirs { continue }
            failures += 1
            if failures <= 20 {
                Issue.record("seed \(Self.seed): \(question.sql) is \(theirs) in Postgres, \(ours) here")
            }
        }
        #expect(failures == 0, "seed \(Self.seed): \(failures) of \(questions.count) differ")
        #expect(answers.count { !$0.hasPrefix("error") } > questions.count / 4, "seed \(Self.seed): too many errors")
    }

    private func call(_ name: String, _ columns: [ScalarType], _ values: [String?]) -> Question {
        let terms = zip(values, columns).map { PostgresOracleTests.quoted($0, $1) }
        let arguments = columns.enumerated().map { Expression.column($0.offset, $0.element) }
        return Question(
            sql: "\(name)(\(terms.joined(separator: ", ")))",
            columns: columns,
            values: values,
            expression: Result { () throws(ResolutionError) in try Catalog.call(function: name, arguments) }
        )
    }

    @Test func `a value of every type is written as Postgres writes it`() throws {
        var random = SeededGenerator(seed: Self.seed)
        var questions: [Question] = []
        for type in JSONSamples.types {
            for round in 0..<80 {
                let value = JSONSamples.value(of: type, &random)
                questions.append(call(round % 2 == 0 ? "to_json" : "to_jsonb", [type], [value]))
            }
        }
        try compare(questions)
    }

    @Test func `objects and arrays are written as Postgres writes them`() throws {
        var random = SeededGenerator(seed: Self.seed &+ 1)
        let names = ["json_build_object", "jsonb_build_object", "json_build_array", "jsonb_build_array"]
        var questions: [Question] = []
        for number in 0..<4000 {
            let name = names[number % 4]
            let isObject = name.hasSuffix("object")
            var columns: [ScalarType] = []
            var values: [String?] = []
            for index in 0..<Int.random(in: 0...4, using: &random) * 2 {
                // Mostly short text as keys, so that some are equal; now and then what no key can be.
                let isKey = isObject && index % 2 == 0
                if isKey, Int.random(in: 0..<12, using: &random) > 0 {
                    columns.append(SampleValues.text)
                    let keys = ["a", "b", "ab", "é", "B", "a\"", "\\", "", "key", "\n"]
                    values.append(
                        Int.random(in: 0..<60, using: &random) == 0 ? nil : keys.randomElement(using: &random)
                    )
                } else {
                    let type = JSONSamples.types.randomElement(using: &random) ?? .int4
                    columns.append(type)
                    values.append(JSONSamples.value(of: type, &random))
                }
            }
            questions.append(call(name, columns, values))
        }
        try compare(questions)
    }

    @Test func `json becomes the jsonb that Postgres makes of it`() throws {
        var random = SeededGenerator(seed: Self.seed &+ 2)
        let type = JSONSamples.json
        let questions = (0..<3000).map { _ in
            let value = JSONSamples.document(depth: 4, &random)
            return Question(
                sql: "\(PostgresOracleTests.quoted(value, type))::jsonb",
                columns: [type],
                values: [value],
                expression: Result { () throws(ResolutionError) in
                    try Catalog.cast(.column(0, type), to: .jsonb, .explicit)
                }
            )
        }
        try compare(questions)
    }

    @Test func `a literal of json or jsonb is taken or refused as in Postgres`() throws {
        var random = SeededGenerator(seed: Self.seed &+ 3)
        let questions = (0..<3000).map { number in
            var text = JSONSamples.document(depth: 3, &random)
            if number % 3 == 0, !text.isEmpty {
                // One character is taken away, doubled or replaced.
                var characters = Array(text)
                let place = Int.random(in: 0..<characters.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: characters.remove(at: place)
                case 1: characters.insert(characters[place], at: place)
                default: characters[place] = ["{", "]", ",", "\"", "\\", "0", "e", " "].randomElement(using: &random)!
                }
                text = String(characters)
            }
            let type = number % 2 == 0 ? JSONSamples.json : .jsonb
            return Question(
                sql: PostgresOracleTests.quoted(text, type),
                columns: [],
                values: [],
                expression: Result { () throws(ResolutionError) in
                    try Catalog.cast(.constant(.text(text), .unknown), to: type, .explicit)
                }
            )
        }
        try compare(questions)
    }

    @Test func `nesting costs memory alone`() throws {
        let depth = 200_000
        let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let answer = try Evaluation.text(
            of: try Catalog.cast(.column(0, JSONSamples.json), to: .jsonb, .explicit),
            columns: [JSONSamples.json],
            values: [text]
        )
        #expect(answer == text)
    }
}
