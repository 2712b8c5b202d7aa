import BigInt
import Relational
import Testing
import TestSupport

@Suite struct NumericTests {
    private func number(_ text: String) throws -> Numeric { try Numeric(parsing: text) }

    @Test func `quotients have Postgres's scale`() throws {
        for (left, right, quotient) in [
            ("38774", "100000", "0.38774000000000000000"), ("1", "3", "0.33333333333333333333"),
            ("10", "3", "3.3333333333333333"), ("2", "3", "0.66666666666666666667"),
            ("1", "1", "1.00000000000000000000"),
            ("0", "7", "0.00000000000000000000"), ("1.000", "7.00000", "0.14285714285714285714"),
            ("123456789", "2", "61728394.500000000000"), ("Infinity", "-2", "-Infinity"), ("5", "Infinity", "0"),
            ("Infinity", "Infinity", "NaN"), ("NaN", "0", "NaN"),
        ] { #expect(try number(left).divided(by: number(right)).description == quotient, "\(left) / \(right)") }
    }

    @Test func `what has no result is the error that Postgres raises`() throws {
        #expect(throws: NumericError.divisionByZero) { try Numeric.one.divided(by: .zero) }
        #expect(throws: NumericError.divisionByZero) { try Numeric.positiveInfinity.divided(by: .zero) }
        #expect(throws: NumericError.divisionByZero) { try Numeric.one.remainder(dividingBy: number("0.00")) }
        let great = try number("1e131071")
        #expect(try great.subtracting(.one).adding(.one) == great)
        #expect(throws: NumericError.overflow) { try great.multiplied(by: number("10.0")) }
        #expect(throws: NumericError.overflow) { try great.multiplied(by: number("9")).adding(great) }
        #expect(throws: NumericError.notANumber) { try Numeric.nan.int64() }
        #expect(throws: NumericError.outOfRange) { try number("9223372036854775807.5").int64() }
        #expect(throws: NumericError.outOfRange) { try number("1e400").double() }
        #expect(throws: NumericError.outOfRange) { try number("1e-400").double() }
        #expect(throws: NumericError.outOfRange) { try number("1e40").float() }
    }

    @Test func `a column's precision and scale round and refuse`() throws {
        func typmod(_ precision: Int32, _ scale: Int32) -> Int32 { (precision << 16 | scale & 0x7FF) + 4 }
        #expect(try number("1.005").applying(typmod: typmod(5, 2)).description == "1.01")
        #expect(try number("-1.005").applying(typmod: typmod(5, 2)).description == "-1.01")
        #expect(try number("1").applying(typmod: typmod(5, 2)).description == "1.00")
        #expect(try number("12345").applying(typmod: typmod(2, -3)).description == "12000")
        #expect(try number("0.00123").applying(typmod: typmod(2, 4)).description == "0.0012")
        #expect(try number("0.0").applying(typmod: typmod(1, 1)).description == "0.0")
        #expect(throws: NumericError.fieldOverflow) { try number("999.995").applying(typmod: typmod(5, 2)) }
        #expect(throws: NumericError.fieldOverflow) { try number("0.012").applying(typmod: typmod(1, 3)) }
        #expect(throws: NumericError.fieldOverflow) { try Numeric.positiveInfinity.applying(typmod: typmod(5, 2)) }
        #expect(try Numeric.nan.applying(typmod: typmod(5, 2)) == .nan)
        #expect(try Numeric.positiveInfinity.applying(typmod: -1) == .positiveInfinity)
    }

    @Test func `floats become 15 or 6 digits`() {
        for (value, text) in [
            (0.1, "0.1"), (1e20, "100000000000000000000"), (1.5e-7, "0.00000015"),
            (123456789.123456789, "123456789.123457"),
            (-0.0, "0"), (.nan, "NaN"), (-.infinity, "-Infinity"), (1 / 3.0, "0.333333333333333"),
        ] as [(Double, String)] { #expect(Numeric(value).description == text) }
        #expect(Numeric(Float(0.1)).description == "0.1")
        #expect(Numeric(Float(16_777_216)).description == "16777200")
    }

    @Test func `images survive the row and have one form`() throws {
        for text in [
            "0", "0.00", "-1", "255", "256", "-170141183460469231731687303715884105728", "1e40", "-1e300", "NaN", "inf",
        ] {
            let value = try number(text)
            var slab = ByteSlab()
            let row = slab.beginRow(columnCount: 2)
            slab.set(0, bytes: UnsafeRawBufferPointer(start: nil, count: 0), in: row)
            slab.set(1, numeric: value, in: row)
            slab.endRow(row)
            let view = RowView(slab.base + row)
            #expect(view.numeric(1) == value)
            #expect(Numeric(image: view.bytes(1)) == value)
            if case .small(let coefficient, let scale) = value {
                #expect(view.smallNumeric(1).map { $0 == coefficient && $1 == scale } == true, "\(text)")
            } else {
                #expect(view.smallNumeric(1) == nil)
            }
            #expect(view.holdsValidValues(encodings: [.text, .numeric]))
        }
    }

    @Test func `bytes that are no image are NaN, not a trap`() {
        for image in [
            [], [0], [0, 0], [1, 0, 0], [5, 0, 0], [0, 0, 0, 0], [0, 0xFF, 0xFF, 1], [2, 0, 0, 1], [2, 1, 0],
        ] as [[UInt8]] {
            var slab = ByteSlab()
            let row = slab.beginRow(columnCount: 1)
            image.withUnsafeBytes { slab.set(0, bytes: $0, in: row) }
            slab.endRow(row)
            let view = RowView(slab.base + row)
            _ = view.numeric(0)
            var output = ByteSlab()
            TextCodec.encode(view, column: 0, as: .numeric, into: &output)
            KeyEncoder.append(view, column: 0, as: .numeric, into: &output)
            #expect(!view.holdsValidValues(encodings: [.numeric]), "\(image)")
            #expect(image.withUnsafeBytes { Numeric(image: $0) } == nil)
        }
    }

    @Test(arguments: UInt64(0)..<8)
    func `arithmetic within Int128 and beyond agrees`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let offset = BigInt(10).power(60)
        for _ in 0..<300 {
            let (left, right) = (random.numeric(), random.numeric())
            guard let first = left.coefficient, let second = right.coefficient else { continue }
            let scale = Swift.max(left.scale, right.scale)
            let sum = try left.adding(right)
            let shift = try Numeric(offset, scale: 0)
            // The detour over numbers that never fit Int128 must come to the same.
            #expect(try left.adding(shift).adding(right).subtracting(shift) == sum, "seed \(seed)")
            #expect(sum.scale == scale)
            #expect(try sum.subtracting(right).compare(left) == 0)
            #expect(try left.subtracting(right) == right.negated().adding(left))
            #expect(try left.multiplied(by: right) == Numeric(first * second, scale: left.scale + right.scale))
            #expect(left.compare(right) == -right.compare(left))
            #expect(try left.compare(right) == left.subtracting(right).signum)
            if !right.isZero {
                let rest = try left.remainder(dividingBy: right)
                #expect(rest.scale == scale)
                #expect(rest.isZero || rest.signum == left.signum)
                #expect(rest.absolute().compare(right.absolute()) < 0)
            }
        }
    }
}
