import Relational
import Testing
import TestSupport

@Suite struct KeyEncoderTests {
    /// Postgres's order of two values of a type, NULL above everything.
    private static func compare(_ left: Datum, _ right: Datum) -> Int {
        func order<Value: Comparable>(_ left: Value, _ right: Value) -> Int {
            left == right ? 0 : left < right ? -1 : 1
        }
        switch (left, right) {
        case (.null, .null): return 0
        case (.null, _): return 1
        case (_, .null): return -1
        case (.bool(let left), .bool(let right)): return order(left ? 1 : 0, right ? 1 : 0)
        case (.int(let left), .int(let right)): return order(left, right)
        case (.float(let left), .float(let right)):
            if left.isNaN || right.isNaN { return order(left.isNaN ? 1 : 0, right.isNaN ? 1 : 0) }
            return order(left, right)
        case (.numeric(let left), .numeric(let right)): return left.compare(right)
        case (.text(let left), .text(let right)): return Packed.compare(Array(left.utf8), Array(right.utf8))
        case (.bytes(let left), .bytes(let right)): return Packed.compare(left, right)
        default:
            Issue.record("values of different types")
            return 0
        }
    }

    @Test(arguments: UInt64(0)..<8)
    func `the order of keys is the order of values, and no key begins another`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for encoding in Encoding.allCases {
            for _ in 0..<600 {
                let left = random.once(in: 12) ? .null : random.datum(as: encoding)
                let right = random.once(in: 12) ? .null : random.datum(as: encoding)
                let (first, second) = (Packed.key(left, as: encoding), Packed.key(right, as: encoding))
                #expect(
                    Packed.compare(first, second) == Self.compare(left, right),
                    "seed \(seed), \(encoding) \(left) \(right)"
                )
                #expect(!Packed.isPrefix(first, of: second) && !Packed.isPrefix(second, of: first))
            }
        }
    }

    @Test(arguments: UInt64(0)..<8)
    func `keys of several columns order by the first that differs`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1000 {
            let encodings = (0..<Int.random(in: 1...4, using: &random)).map { _ in random.pick(Encoding.allCases) }
            let left = encodings.map { random.once(in: 6) ? .null : random.datum(as: $0) }
            // Values in common bring the later columns into play.
            let right = encodings.indices.map { index in
                random.once(in: 2) ? left[index] : random.datum(as: encodings[index])
            }
            let expected = zip(left, right).lazy.map(Self.compare).first { $0 != 0 } ?? 0
            let (first, second) = (Packed.key(left, as: encodings), Packed.key(right, as: encodings))
            #expect(Packed.compare(first, second) == expected, "seed \(seed), \(encodings) \(left) \(right)")
            #expect(!Packed.isPrefix(first, of: second) && !Packed.isPrefix(second, of: first), "seed \(seed)")
        }
    }

    @Test func `equal numbers of different scale have one key`() throws {
        for group in [
            [
                "1", "1.0", "1.00000000000000000000000000000000000000",
                "1.000000000000000000000000000000000000000000000",
            ],
            ["0", "0.00", "-0"], ["-12.5", "-12.50000000000000000000"],
            ["1e40", "10000000000000000000000000000000000000000.00"],
            ["123456789012345678", "123456789012345678.000"],
            ["1234567890123456789012345678901234567.8", "1234567890123456789012345678901234567.80"],
        ] {
            let keys = try Set(group.map { Packed.key(.numeric(try Numeric(parsing: $0)), as: .numeric) })
            #expect(keys.count == 1, "\(group)")
        }
        #expect(Packed.key(.float(0), as: .float8) == Packed.key(.float(-0.0), as: .float8))
        #expect(
            Packed.key(.float(.nan), as: .float8) == Packed.key(.float(-Double.nan), as: .float8)
        )
    }

    @Test func `keys have the documented bytes`() {
        #expect(Packed.key(.null, as: .text) == [1])
        #expect(Packed.key(.int(1), as: .int4) == [0, 128, 0, 0, 0, 0, 0, 0, 1])
        #expect(Packed.key(.int(-1), as: .int8) == [0, 127, 255, 255, 255, 255, 255, 255, 255])
        #expect(Packed.key(.bool(true), as: .bool) == [0, 1])
        #expect(Packed.key(.bytes([0, 7]), as: .bytea) == [0, 0, 255, 7, 0, 0])
        #expect(Packed.key(.float(1), as: .float4) == [0, 0xBF, 0xF0, 0, 0, 0, 0, 0, 0])
        #expect(Packed.key(.numeric(.zero), as: .numeric) == [0, 0x80, 0, 0])
        // 0.1 × 10^1: exponent 1 + 16 384, one chunk of 10^17 × 2.
        #expect(
            Packed.key(.numeric(.one), as: .numeric) == [0, 0x80, 0x40, 0x01, 0x02, 0xC6, 0x8A, 0xF0, 0xBB, 0x14, 0, 0]
        )
    }

    @Test func `the hash is the same in every process and tells lengths apart`() {
        func hash(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { KeyHash.hash($0) } }
        var seen = Set<UInt64>()
        for count in 0...200 { seen.insert(hash([UInt8](repeating: 0, count: count))) }
        for bit in 0..<512 {
            var bytes = [UInt8](repeating: 0, count: 64)
            bytes[bit / 8] = 1 << UInt8(bit % 8)
            seen.insert(hash(bytes))
        }
        #expect(seen.count == 201 + 512)
    }

    /// Each input bit should turn about half of the 64 output bits.
    @Test func `every bit of a key moves the hash`() {
        var random = SeededGenerator(seed: 7)
        for count in [1, 3, 4, 7, 8, 9, 12, 16, 17, 31, 33, 64] {
            var turned = 0
            let rounds = 200
            for _ in 0..<rounds {
                var bytes = random.bytes(count: count)
                let before = bytes.withUnsafeBytes { KeyHash.hash($0) }
                let bit = Int.random(in: 0..<count * 8, using: &random)
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                let difference = (before ^ bytes.withUnsafeBytes { KeyHash.hash($0) }).nonzeroBitCount
                #expect(difference > 8, "\(count) bytes")
                turned += difference
            }
            #expect((28...36).contains(turned / rounds), "\(count) bytes")
        }
    }
}
