import Expressions
import Relational
import TestSupport
import Testing

/// Bytes that no Postgres would send: errors or answers, never a trap.
@Suite struct RobustnessTests {
    @Test(arguments: UInt64(0)..<8)
    func `text that is not UTF-8 traps nothing`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for entry in Catalog.functions + Catalog.operators {
            let types = entry.parameters.compactMap { SampleValues.type(named: $0 == "anynonarray" ? "integer" : $0) }
            guard types.count == entry.parameters.count, types.contains(where: { $0.encoding == .text }) else {
                continue
            }
            let columns = types.enumerated().map { Expression.column($0.offset, $0.element) }
            let isOperator = !(entry.name.first?.isLetter ?? false)
            let expression =
                isOperator
                ? try Catalog.call(operator: entry.name, columns) : try Catalog.call(function: entry.name, columns)
            for _ in 0..<10 {
                let input = row(types, &random)
                var evaluator = Evaluator([expression], inputTypes: types)
                var output = ZSet()
                try? evaluator.project(input.row(at: 0), weight: 1, into: &output)
            }
        }
    }

    @Test(arguments: UInt64(0)..<8)
    func `casts from random bytes give a value or an error`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("0123456789+-.eE:TZ BC/\\x{}aifnty".utf8)
        for target in SampleValues.types {
            let expression = try Catalog.cast(.column(0, SampleValues.text), to: target, .explicit)
            var evaluator = Evaluator([expression], inputTypes: [SampleValues.text])
            for _ in 0..<300 {
                let bytes = (0..<Int.random(in: 0...14, using: &random)).map { _ in
                    Int.random(in: 0..<12, using: &random) == 0
                        ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random) ?? 0
                }
                var input = ZSet()
                let row = input.beginRow(columnCount: 1)
                bytes.withUnsafeBytes { input.slab.set(0, bytes: $0, in: row) }
                input.endRow(row, weight: 1)
                var output = ZSet()
                try? evaluator.project(input.row(at: 0), weight: 1, into: &output)
                // What was accepted can be printed.
                if output.count == 1, !output.row(at: 0).isNull(0) {
                    var text = ByteSlab()
                    TextCodec.encode(output.row(at: 0), column: 0, as: target.encoding, into: &text)
                    #expect(text.count > 0 || target.encoding == .text, "seed \(seed): \(bytes) as \(target)")
                }
            }
        }
    }

    private func row(_ types: [ScalarType], _ random: inout SeededGenerator) -> ZSet {
        var input = ZSet()
        let row = input.beginRow(columnCount: types.count)
        for (index, type) in types.enumerated() {
            switch type.encoding {
            case .text, .bytea, .opaque:
                let bytes = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                bytes.withUnsafeBytes { input.slab.set(index, bytes: $0, in: row) }
            case .float4, .float8: input.slab.set(index, float: 1.5, in: row)
            case .numeric: input.slab.set(index, coefficient: 15, scale: 1, in: row)
            case .uuid: break
            default:
                let edges: [Int64] = [Int64(Int32.min), Int64(Int32.max), 0, 1, -1, 3]
                let edge = edges.randomElement(using: &random) ?? 0
                input.slab.set(index, int: type.encoding == .bool ? edge & 1 : edge, in: row)
            }
        }
        input.endRow(row, weight: 1)
        return input
    }
}
