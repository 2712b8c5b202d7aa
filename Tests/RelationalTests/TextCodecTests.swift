import Relational
import Testing
import TestSupport

@Suite struct TextCodecTests {
    /// Postgres 15's own output, by type.
    static let outputs: [(Encoding, [String])] = [
        (.bool, ["t", "f"]),
        (.int2, ["0", "-1", "32767", "-32768"]),
        (.int4, ["2147483647", "-2147483648"]),
        (.int8, ["9223372036854775807", "-9223372036854775808", "100000000000000000", "-999999999999999999"]),
        (
            .float8,
            [
                "0", "-0", "NaN", "Infinity", "-Infinity", "1", "-1.5", "1e+15", "123456789012345", "1e-05", "0.0001",
                "9.999999999999999e+22", "9.007199254740992e+15", "5e-324", "1.7976931348623157e+308", "0.1",
                "2.2250738585072014e-308", "1e+100", "1.234e-100", "100", "123456.7",
            ]
        ),
        (
            .float4,
            [
                "0", "-0", "NaN", "Infinity", "1.234567e+06", "123456.79", "1e-45", "3.4028235e+38", "0.1", "1e-05",
                "0.0001", "1e+06", "999999", "1.6777216e+07",
            ]
        ),
        (
            .numeric,
            [
                "0", "0.00", "1", "-1", "1.00", "0.000001", "-0.1", "NaN", "Infinity", "-Infinity",
                "12345678901234567890",
                "0.12345678901234567890123456789012345678", "99999999999999999999999999999999999999",
                "170141183460469231731687303715884105727", "-170141183460469231731687303715884105728",
                "170141183460469231731687303715884105728", "340282366920938463463374607431768211456",
                "123456789012345678.901234567890123456789", "18446744073709551616", "0.0000000000000000000000000001",
            ]
        ),
        (.text, ["", "a", "é\u{1F600}", "with\ttab and \\ backslash"]),
        (.jsonb, ["null", "{\"a\": 1.0}"]),
        (.opaque, ["{1,2}", "(1,\"a b\")"]),
        (.bytea, ["\\x", "\\x00ff10"]),
        (.uuid, ["00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
        (
            .date,
            [
                "2000-01-01", "1999-12-31", "2024-02-29", "0001-01-01", "0001-12-31 BC", "0044-03-15 BC",
                "4714-11-24 BC",
                "10000-01-01", "5874897-12-31", "infinity", "-infinity",
            ]
        ),
        (
            .timestamp,
            [
                "2000-01-01 00:00:00", "1999-12-31 23:59:59.999999", "2024-02-29 12:34:56.1",
                "294276-12-31 23:59:59.999999",
                "4714-11-24 00:00:00 BC", "0044-03-15 12:00:00.12 BC", "infinity", "-infinity",
            ]
        ),
        (
            .timestamptz,
            [
                "2000-01-01 00:00:00+00", "1969-07-20 20:17:40.05+00", "294276-12-31 23:59:59.999999+00",
                "4714-11-24 00:00:00+00 BC", "0001-01-01 00:00:00.000001+00 BC", "infinity", "-infinity",
            ]
        ),
    ]

    @Test func `output of every type survives decode and encode byte for byte`() {
        for (encoding, texts) in Self.outputs {
            for text in texts { #expect(Packed.roundTrip(text, as: encoding) == text, "\(encoding)") }
        }
        #expect(Set(Self.outputs.map(\.0)) == Set(Encoding.allCases))
    }

    @Test func `other spellings become Postgres's own`() {
        #expect(Packed.roundTrip("-0.000", as: .numeric) == "0.000")
        #expect(Packed.roundTrip("1.5e-7", as: .numeric) == "0.00000015")
        #expect(Packed.roundTrip("+.5", as: .numeric) == "0.5")
        #expect(Packed.roundTrip("5.", as: .numeric) == "5")
        #expect(Packed.roundTrip("INF", as: .numeric) == "Infinity")
        #expect(Packed.roundTrip("a\\\\b\\000", as: .bytea) == "\\x615c6200")
        #expect(Packed.roundTrip("", as: .bytea) == "\\x")
        #expect(Packed.roundTrip("\\xAB", as: .bytea) == "\\xab")
        #expect(Packed.roundTrip("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", as: .uuid)?.first == "a")
        #expect(Packed.roundTrip("2000-01-01 01:30:00+05:30", as: .timestamptz) == "1999-12-31 20:00:00+00")
        #expect(Packed.roundTrip("2000-01-01 00:00:00-00:00:01", as: .timestamptz) == "2000-01-01 00:00:01+00")
        #expect(Packed.roundTrip("0001-01-01 00:00:00+01", as: .timestamptz) == "0001-12-31 23:00:00+00 BC")
    }

    @Test func `what is no value of the type is refused`() {
        let wrong: [(Encoding, [String])] = [
            (.bool, ["", "x", "true", "tt"]),
            (.int2, ["32768", "-32769", "", "-", "1a", " 1", "1 "]),
            (.int4, ["2147483648", "-2147483649"]),
            (.int8, ["9223372036854775808", "-9223372036854775809", "99999999999999999999999", "0x1", "+", "--1"]),
            (.float8, ["", "-", ".", "e5", "1e", "1e+", "1.2.3", "nan1", "0x10", "1e400", "1e-400", "-NaN", "inf"]),
            (.float4, ["1e39", "1e-60", "x"]),
            (
                .numeric,
                ["", "-", ".", "1e", "1.2.3", "--1", "1 ", "-nan", "nanx", "1e131072", "1e-16384", "1e999999999999"]
            ),
            (.bytea, ["\\x0", "\\x0g", "\\", "\\9", "\\400", "\\1"]),
            (.uuid, ["", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g"]),
            (
                .date,
                [
                    "", "2000-13-01", "2000-00-01", "2000-02-30", "1900-02-29", "2000-1-1", "0000-01-01",
                    "5874898-01-01",
                    "4714-11-23 BC", "2000-01-01 AD", "2000-01-01BC", "Infinity", "99999999-01-01", "200-01-01",
                ]
            ),
            (
                .timestamp,
                [
                    "2000-01-01", "2000-01-01 24:00:00", "2000-01-01 00:60:00", "2000-01-01 00:00:60",
                    "2000-01-01 00:00",
                    "2000-01-01 00:00:00.", "2000-01-01 00:00:00.1234567", "2000-01-01 00:00:00+00",
                    "294277-01-01 00:00:00", "4714-11-23 23:59:59 BC", "5874897-12-31 00:00:00",
                ]
            ),
            (
                .timestamptz,
                [
                    "2000-01-01 00:00:00", "2000-01-01 00:00:00+", "2000-01-01 00:00:00+1", "2000-01-01 00:00:00+16",
                    "2000-01-01 00:00:00+00:60", "294276-12-31 23:59:59-01",
                ]
            ),
        ]
        for (encoding, texts) in wrong {
            for text in texts { #expect(Packed.roundTrip(text, as: encoding) == nil, "\(encoding) \(text)") }
        }
    }

    @Test func `a refused text leaves the row as it was`() {
        for encoding in Encoding.allCases where encoding != .text && encoding != .jsonb && encoding != .opaque {
            var slab = ByteSlab()
            let row = slab.beginRow(columnCount: 1)
            let before = Array(slab.bytes)
            #expect(throws: TextCodecError(encoding: encoding)) {
                try Array("\\x0g".utf8).withUnsafeBytes {
                    try TextCodec.decode($0, as: encoding, column: 0, row: row, into: &slab)
                }
            }
            #expect(Array(slab.bytes) == before, "\(encoding)")
        }
    }

    @Test func `numbers of thousands of digits survive, and longer ones than Postgres has are refused`() {
        for text in [
            String(repeating: "9", count: 2000), "0." + String(repeating: "0", count: 16_382) + "1",
            "-1" + String(repeating: "0", count: 500) + "." + String(repeating: "7", count: 1500),
        ] { #expect(Packed.roundTrip(text, as: .numeric) == text) }
        #expect(Packed.roundTrip(String(repeating: "9", count: 131_073), as: .numeric) == nil)
        #expect(Packed.roundTrip("1." + String(repeating: "9", count: 16_384), as: .numeric) == nil)
    }

    @Test(arguments: UInt64(0)..<4)
    func `random values survive encode and decode`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for encoding in Encoding.allCases {
            for _ in 0..<300 {
                let value = random.datum(as: encoding)
                let text = value.text(as: encoding) ?? ""
                let back = try? Datum(text: text, as: encoding)
                if case .float(let float) = value, float.isNaN {
                    #expect(text == "NaN")
                } else if case .float(let float) = value, case .float(let other)? = back {
                    #expect(float.bitPattern == other.bitPattern, "seed \(seed), \(text)")
                } else {
                    #expect(back == value, "seed \(seed), \(encoding) \(text)")
                }
            }
        }
    }

    /// A codec may take damaged text for another value, but then it must print that value in a form that survives.
    @Test(arguments: UInt64(0)..<4)
    func `prefixes and damaged texts are refused or read as a value that survives`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for encoding in Encoding.allCases {
            for _ in 0..<25 {
                var text = Array((random.datum(as: encoding).text(as: encoding) ?? "").utf8)
                for count in 0..<Swift.min(text.count, 40) { Self.check(Array(text[..<count]), encoding, seed) }
                guard !text.isEmpty else { continue }
                for _ in 0..<20 {
                    let place = Int.random(in: 0..<text.count, using: &random)
                    text[place] =
                        random.once(in: 2)
                        ? random.pick(Array("0123456789-+. :\\x".utf8)) : UInt8.random(in: 0...255, using: &random)
                    Self.check(text, encoding, seed)
                }
            }
        }
    }

    private static func check(_ text: [UInt8], _ encoding: Encoding, _ seed: UInt64) {
        guard let once = Packed.roundTrip(text, as: encoding) else { return }
        #expect(Packed.roundTrip(once, as: encoding) == once, "seed \(seed), \(encoding) \(text)")
    }
}
