import Relational
import Testing
import TestSupport

/// Arithmetic of `numeric` as a real server does it, to the last digit shown.
@Suite struct NumericOracleTests {
    /// One computation: what the server is asked, and what we say.
    private struct Question {
        var sql: String
        var answer: () throws(NumericError) -> String
    }

    private static func literal(_ value: Numeric) -> String { "'\(value)'::numeric" }

    /// The code that Postgres gives the error.
    private static func state(_ error: NumericError) -> String {
        switch error {
        case .overflow, .fieldOverflow, .outOfRange: "22003"
        case .divisionByZero: "22012"
        case .notANumber: "0A000"
        case .invalidText: "22P02"
        }
    }

    private static func ask(_ questions: [Question], seed: UInt64) throws {
        let expected = try Oracle.results(of: questions.map(\.sql))
        #expect(expected.count == questions.count)
        for (question, expected) in zip(questions, expected) {
            let actual: String
            do { actual = try question.answer() } catch { actual = state(error) }
            #expect(actual == expected, "seed \(seed), \(question.sql)")
        }
    }

    @Test(arguments: UInt64(0)..<4)
    func `sums, products, quotients, remainders and order are the server's`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var questions: [Question] = []
        for _ in 0..<250 {
            let (left, right) = (random.numeric(), random.numeric())
            let (first, second) = (Self.literal(left), Self.literal(right))
            questions += [
                Question(sql: "\(first) + \(second)") { () throws(NumericError) in try left.adding(right).description },
                Question(sql: "\(first) - \(second)") { () throws(NumericError) in
                    try left.subtracting(right).description
                },
                Question(sql: "\(first) * \(second)") { () throws(NumericError) in
                    try left.multiplied(by: right).description
                },
                Question(sql: "\(first) / \(second)") { () throws(NumericError) in
                    try left.divided(by: right).description
                },
                Question(sql: "\(first) % \(second)") { () throws(NumericError) in
                    try left.remainder(dividingBy: right).description
                },
                Question(sql: "CASE WHEN \(first) < \(second) THEN -1 WHEN \(first) = \(second) THEN 0 ELSE 1 END") {
                    String(left.compare(right))
                },
            ]
        }
        try Self.ask(questions, seed: seed)
    }

    @Test(arguments: UInt64(0)..<4)
    func `rounding, signs and conversions are the server's`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var questions: [Question] = []
        for _ in 0..<150 {
            let value = random.numeric()
            let sql = Self.literal(value)
            let digits = Int.random(in: -6...45, using: &random)
            let precision = Int32.random(in: 1...40, using: &random)
            let scale = Int32.random(in: -5...45, using: &random)
            let typmod = (precision << 16 | scale & 0x7FF) + 4
            questions += [
                Question(sql: sql) { value.description },
                Question(sql: "round(\(sql), \(digits))") { () throws(NumericError) in
                    try value.rounded(toScale: digits).description
                },
                Question(sql: "trunc(\(sql), \(digits))") { () throws(NumericError) in
                    try value.truncated(toScale: digits).description
                },
                Question(sql: "ceil(\(sql))") { () throws(NumericError) in try value.ceiling().description },
                Question(sql: "floor(\(sql))") { () throws(NumericError) in try value.floor().description },
                Question(sql: "abs(\(sql))") { value.absolute().description },
                Question(sql: "-\(sql)") { value.negated().description },
                Question(sql: "sign(\(sql))") { value.sign().description },
                Question(sql: "(\(sql))::int8") { () throws(NumericError) in String(try value.int64()) },
                Question(sql: "(\(sql))::float8") { () throws(NumericError) in
                    Datum.float(try value.double()).text(as: .float8) ?? ""
                },
                Question(sql: "(\(sql))::float4") { () throws(NumericError) in
                    Datum.float(Double(try value.float())).text(as: .float4) ?? ""
                },
                Question(sql: "(\(sql))::numeric(\(precision),\(scale))") { () throws(NumericError) in
                    try value.applying(typmod: typmod).description
                },
            ]
        }
        try Self.ask(questions, seed: seed)
    }

    @Test(arguments: UInt64(0)..<4)
    func `floats become the server's numbers`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var questions: [Question] = []
        for _ in 0..<400 {
            let wide = random.float8()
            let narrow = random.float4()
            questions += [
                Question(sql: "'\(Datum.float(wide).text(as: .float8) ?? "")'::float8::numeric") {
                    Numeric(wide).description
                },
                Question(sql: "'\(Datum.float(Double(narrow)).text(as: .float4) ?? "")'::float4::numeric") {
                    Numeric(narrow).description
                },
            ]
        }
        try Self.ask(questions, seed: seed)
    }
}
