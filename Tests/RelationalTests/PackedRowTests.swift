import Relational
import Testing
import TestSupport

@Suite struct PackedRowTests {
    /// A row of random types, NULLs among them, in a slab of its own.
    private struct Sample: ~Copyable {
        var slab = ByteSlab(capacity: 16)
        let encodings: [Encoding]
        let values: [Datum]

        init(_ count: Int, _ random: inout SeededGenerator) {
            var encodings: [Encoding] = []
            var values: [Datum] = []
            for _ in 0..<count {
                encodings.append(random.pick(Encoding.allCases))
                values.append(random.once(in: 3) ? .null : random.datum(as: encodings[encodings.count - 1]))
            }
            self.encodings = encodings
            self.values = values
            let row = slab.beginRow(columnCount: count)
            for (column, value) in values.enumerated() { slab.set(column, value, as: encodings[column], in: row) }
            slab.endRow(row)
        }

        var view: RowView { RowView(slab.base) }

        var byteCount: Int { slab.count }

        func validated(_ encodings: [Encoding]? = nil, end: Int? = nil) -> Int? {
            RowView.validate(
                UnsafeRawBufferPointer(rebasing: slab.bytes[..<(end ?? slab.count)]),
                encodings: encodings ?? self.encodings
            )
        }

        func damage(_ random: inout SeededGenerator) {
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = slab.pointer(at: Int.random(in: 0..<slab.count, using: &random))
                place.storeBytes(of: UInt8.random(in: 0...255, using: &random), as: UInt8.self)
            }
        }
    }

    /// NaN is unequal to itself, so values are compared as text.
    private static func texts(_ values: [Datum], _ encodings: [Encoding]) -> [String?] {
        zip(values, encodings).map { $0.text(as: $1) }
    }

    static let columnCounts = [0, 1, 2, 20, 21, 22, 23, 84, 85, 86, 149, 150, 400, 1600]

    @Test(arguments: columnCounts)
    func `rows of any width hold their values and their NULLs`(count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        for _ in 0..<(count > 100 ? 3 : 30) {
            let sample = Sample(count, &random)
            let (view, encodings, byteCount) = (sample.view, sample.encodings, sample.byteCount)
            #expect(view.columnCount == count && view.byteCount == byteCount && byteCount & 7 == 0)
            let read = encodings.indices.map { view.datum($0, as: encodings[$0]) }
            let written = Self.texts(sample.values, encodings)
            #expect(Self.texts(read, encodings) == written)
            let validated = sample.validated()
            #expect(validated == byteCount)
            #expect(view.holdsValidValues(encodings: encodings))
        }
    }

    @Test(arguments: columnCounts)
    func `a row of which nothing is set is all NULL`(count: Int) {
        var slab = ByteSlab()
        let row = slab.beginRow(columnCount: count)
        slab.endRow(row)
        let view = RowView(slab.base)
        for column in 0..<count { #expect(view.isNull(column) && view.slot(column) == 0) }
        let encodings = [Encoding](repeating: .text, count: count)
        let validated = RowView.validate(slab.bytes, encodings: encodings)
        #expect(validated == view.byteCount)
        #expect(view.holdsValidValues(encodings: encodings))
    }

    @Test(arguments: [1, 21, 22, 86])
    func `every prefix of a row is refused`(count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        for _ in 0..<20 {
            let sample = Sample(count, &random)
            for end in 0..<sample.byteCount {
                let validated = sample.validated(end: end)
                #expect(validated == nil)
            }
            let (longer, shorter) = (
                sample.validated(sample.encodings + [.bool]), sample.validated(sample.encodings.dropLast())
            )
            #expect(longer == nil && shorter == nil)
        }
    }

    /// A damaged row is refused, or everything in it can be read without leaving its bytes.
    @Test(arguments: UInt64(0)..<8)
    func `damaged rows are refused or safe to read`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<500 {
            let sample = Sample(random.pick([1, 3, 8, 21, 22, 86]), &random)
            sample.damage(&random)
            guard sample.validated() != nil else {
                refused += 1
                continue
            }
            let (view, encodings) = (sample.view, sample.encodings)
            var output = ByteSlab()
            for (column, encoding) in encodings.enumerated() {
                KeyEncoder.append(view, column: column, as: encoding, into: &output)
                guard !view.isNull(column) else { continue }
                TextCodec.encode(view, column: column, as: encoding, into: &output)
                _ = view.datum(column, as: encoding)
            }
            _ = view.holdsValidValues(encodings: encodings)
        }
        #expect(refused > 50, "seed \(seed)")
    }

    @Test func `values that their types do not have are found`() {
        func isValid(_ encoding: Encoding, slot: UInt64) -> Bool {
            var slab = ByteSlab()
            let row = slab.beginRow(columnCount: 1)
            slab.setSlot(0, slot, in: row)
            slab.endRow(row)
            return RowView(slab.base).holdsValidValues(encodings: [encoding])
        }
        #expect(isValid(.bool, slot: 1) && !isValid(.bool, slot: 2))
        #expect(isValid(.int2, slot: 32767) && !isValid(.int2, slot: 32768))
        #expect(!isValid(.int4, slot: 1 << 31))
        #expect(!isValid(.float4, slot: 0.1.bitPattern) && isValid(.float4, slot: 0.5.bitPattern))
        #expect(!isValid(.date, slot: UInt64(bitPattern: -2_451_546)))
        #expect(isValid(.timestamp, slot: 1 << 63) && !isValid(.timestamptz, slot: 1 << 63 + 1))
    }

    @Test func `a column copied between rows keeps its value and its NULL`() {
        var random = SeededGenerator(seed: 3)
        for count in [1, 21, 22, 86] {
            let source = Sample(count, &random)
            let (view, encodings) = (source.view, source.encodings)
            var target = ByteSlab()
            let row = target.beginRow(columnCount: count)
            for (column, encoding) in encodings.enumerated() {
                target.set(column, copying: view, column: column, isFixed: encoding.isFixed, in: row)
            }
            target.endRow(row)
            let copy = RowView(target.base)
            #expect(copy.hasSameImage(as: view))
            let read = encodings.indices.map { copy.datum($0, as: encodings[$0]) }
            let written = Self.texts(source.values, encodings)
            #expect(Self.texts(read, encodings) == written)
        }
    }
}
