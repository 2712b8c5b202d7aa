import Expressions
import Relational

/// Running one expression over one row, with values as Postgres prints them.
enum Evaluation {
    /// The value's text, `<null>`, or `error <SQLSTATE>`; a refusal of the catalog carries its own SQLSTATE.
    static func text(of expression: Expression, columns: [ScalarType], values: [String?]) throws -> String {
        var input = ZSet()
        let row = input.beginRow(columnCount: columns.count)
        for (index, value) in values.enumerated() {
            guard let value else { continue }
            let bytes = Array(value.utf8)
            try bytes.withUnsafeBytes { bytes in
                try TextCodec.decode(bytes, as: columns[index].encoding, column: index, row: row, into: &input.slab)
            }
        }
        input.endRow(row, weight: 1)
        var evaluator = Evaluator([expression], inputTypes: columns)
        var output = ZSet()
        do {
            try evaluator.project(input.row(at: 0), weight: 1, into: &output)
        } catch {
            return "error \(error.sqlState)"
        }
        let result = output.row(at: 0)
        if result.isNull(0) { return "<null>" }
        var text = ByteSlab()
        TextCodec.encode(result, column: 0, as: evaluator.columnTypes[0].encoding, into: &text)
        return String(decoding: text.bytes, as: UTF8.self)
    }
}
