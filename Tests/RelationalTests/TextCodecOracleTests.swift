import Relational
import Testing
import TestSupport

/// Text as a real server prints and reads it.
@Suite struct TextCodecOracleTests {
    private static let names: [Encoding: String] = [
        .bool: "bool", .int2: "int2", .int4: "int4", .int8: "int8", .float4: "float4", .float8: "float8",
        .numeric: "numeric",
        .bytea: "bytea", .uuid: "uuid", .date: "date", .timestamp: "timestamp", .timestamptz: "timestamptz",
    ]

    /// What we print of random values, the server reads and prints in the same bytes.
    @Test(arguments: UInt64(0)..<4)
    func `the server prints every value as we do`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for (encoding, name) in Self.names.sorted(by: { $0.value < $1.value }) {
            let texts = (0..<250).map { _ in random.datum(as: encoding).text(as: encoding) ?? "" }
            let literals = texts.map { "'\($0)'::\(name)" }
            #expect(
                try Oracle.results(of: literals.map { "\($0)::text" })
                    == texts.map { encoding == .bool ? Self.word($0) : $0 }
            )
        }
    }

    /// The cast of a boolean to text has words where its output has letters.
    private static func word(_ output: String) -> String { output == "t" ? "true" : "false" }

    /// The bits of a float and the fields of a date come from the server's own functions, not from text.
    @Test(arguments: UInt64(0)..<4)
    func `the server means every value as we do`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var questions: [String] = []
        var answers: [String] = []
        func hex(_ bits: some FixedWidthInteger, _ count: Int) -> String {
            let digits = String(bits, radix: 16)
            return "\\x" + String(repeating: "0", count: count - digits.count) + digits
        }
        for _ in 0..<200 {
            let wide = random.float8()
            let narrow = random.float4()
            if !wide.isNaN, !narrow.isNaN {
                questions.append("float8send('\(Datum.float(wide).text(as: .float8) ?? "")'::float8)")
                answers.append(hex(wide.bitPattern, 16))
                questions.append("float4send('\(Datum.float(Double(narrow)).text(as: .float4) ?? "")'::float4)")
                answers.append(hex(narrow.bitPattern, 8))
            }
            for encoding in [Encoding.date, .timestamp, .timestamptz] {
                guard case .int(let value) = random.datum(as: encoding), let name = Self.names[encoding] else {
                    continue
                }
                let text = Datum.int(value).text(as: encoding) ?? ""
                questions.append("\(name == "date" ? "date" : name)_send('\(text)'::\(name))")
                if encoding == .date {
                    answers.append(hex(UInt32(truncatingIfNeeded: value), 8))
                } else {
                    answers.append(hex(UInt64(bitPattern: value), 16))
                }
            }
        }
        #expect(try Oracle.results(of: questions) == answers, "seed \(seed)")
    }

    /// The fields that `extract` gives.
    @Test(arguments: UInt64(0)..<2)
    func `calendar fields are the server's`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var questions: [String] = []
        var answers: [String] = []
        for _ in 0..<300 {
            let days = random.integer(CivilDate.validDays)
            let date = CivilDate(days: days)
            let sql = "'\(Datum.int(days).text(as: .date) ?? "")'::date"
            questions.append(
                ["year", "month", "day", "dow", "doy", "week"].map { "extract(\($0) FROM \(sql))::text" }
                    .joined(separator: " || ' ' || ")
            )
            answers.append(
                "\(date.displayYear) \(date.month) \(date.day) \(date.dayOfWeek) \(date.dayOfYear) \(date.isoWeek.week)"
            )
        }
        #expect(try Oracle.results(of: questions) == answers, "seed \(seed)")
    }

    @Test(arguments: UInt64(0)..<2)
    func `keys sort as the server sorts`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for encoding in [Encoding.float8, .numeric, .date, .timestamptz, .uuid, .bytea] {
            guard let name = Self.names[encoding] else { continue }
            let values = (0..<200).map { _ in random.datum(as: encoding) }
            let list = values.enumerated().map { "(\($0), '\($1.text(as: encoding) ?? "")'::\(name))" }
            let sorted = try Oracle.rows(
                "SELECT n FROM (VALUES \(list.joined(separator: ",")), (\(values.count), NULL)) v(n, x) ORDER BY x, n"
            )
            let keys = values.map { Packed.key($0, as: encoding) } + [Packed.key(.null, as: encoding)]
            let ours = keys.indices.sorted { (Packed.compare(keys[$0], keys[$1]), $0) < (0, $1) }
            #expect(ours.map(String.init) == sorted, "seed \(seed), \(encoding)")
        }
    }
}
