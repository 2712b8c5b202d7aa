import Expressions
import Relational
import ViewPlan

/// How the list of an aggregate such as json_agg is kept: each row enters as a key, which orders it, and an image, which is what the
/// list shows of it. Rows with the same key and image are one value with a weight.
///
/// | function | key | image |
/// |---|---|---|
/// | `json_agg`, `jsonb_agg` | order | JSON |
/// | `json_object_agg` | order | `"key" : JSON` |
/// | `jsonb_object_agg` | object key (length, bytes), order | `"key": JSON` |
/// | `array_agg` | order | the element as an array's text has it |
/// | `string_agg` | order | length of the delimiter, delimiter, value |
///
/// The order of a list whose rows are distinct holds every argument, so that equal keys are equal rows.
struct ListLayout: Equatable {
    /// A column of the order, its key's bytes turned round when descending.
    private struct OrderColumn: Equatable {
        var column: Int
        var encoding: Encoding
        var isDescending: Bool
        var nullsFirst: Bool
    }

    let function: AggregateFunction
    let isDistinct: Bool
    private let argument: Int
    private let encoding: Encoding
    private let second: Int
    private let form: JSONForm?
    private let secondForm: JSONForm?
    private let order: [OrderColumn]

    /// - Throws: `invalidPlan` when an argument is missing or of a type that the function does not take.
    init(_ call: AggregateCall, inputTypes: [ScalarType]) throws(DataflowError) {
        guard let argument = call.argument else {
            throw DataflowError(.invalidPlan, "\(call.function.rawValue) has no argument")
        }
        function = call.function
        isDistinct = call.isDistinct && call.function != .jsonbObjectAgg
        self.argument = argument
        encoding = inputTypes[argument].encoding
        second = call.second ?? -1
        form = JSONForm(inputTypes[argument])
        secondForm = call.second.flatMap { JSONForm(inputTypes[$0]) }
        order = call.order.map {
            OrderColumn(
                column: $0.column,
                encoding: inputTypes[$0.column].encoding,
                isDescending: $0.isDescending,
                nullsFirst: $0.nullsFirst
            )
        }
        let isReady =
            switch call.function {
            case .jsonAgg, .jsonbAgg: form != nil
            case .jsonObjectAgg, .jsonbObjectAgg: form != nil && secondForm != nil
            case .stringAgg: call.second != nil && (encoding == .text || encoding == .bytea)
            default: call.function == .arrayAgg
            }
        if !isReady {
            throw DataflowError(.invalidPlan, "\(call.function.rawValue) of \(inputTypes[argument]) is not there")
        }
    }

    /// What stands before the first value, between two and after the last one.
    var marks: (open: StaticString, separator: StaticString, close: StaticString) {
        switch function {
        case .jsonAgg, .jsonbAgg: ("[", ", ", "]")
        case .jsonObjectAgg: ("{ ", ", ", " }")
        case .jsonbObjectAgg: ("{", ", ", "}")
        case .arrayAgg: ("{", ",", "}")
        default: ("", "", "")
        }
    }

    /// Whether json_agg starts a line for each value that is an array.
    var startsLines: Bool { function == .jsonAgg && form?.isArrayValue == true }

    /// Whether the row does not enter: string_agg leaves NULLs out.
    func skips(_ row: RowView) -> Bool { function == .stringAgg && row.isNull(argument) }

    /// Appends key and image; returns the key's length.
    ///
    /// - Throws: what makes a value no JSON: a key that is NULL, a `json` that cannot be a `jsonb`.
    func append(
        _ row: RowView,
        _ writer: inout JSONWriter,
        into bytes: inout ByteSlab
    ) throws(EvaluationError) -> Int {
        if function == .jsonbObjectAgg, let form {
            bytes.append(integer: UInt32(0))
            try writer.appendKeyText(row, column: argument, form, into: &bytes)
            bytes.store(UInt32(truncatingIfNeeded: bytes.count - 4).bigEndian, at: 0)
        }
        for column in order { append(column, row, into: &bytes) }
        let keyLength = bytes.count
        switch function {
        case .jsonAgg, .jsonbAgg:
            guard let form else { break }
            try writer.append(row, column: argument, form, asJSONB: function == .jsonbAgg, into: &bytes)
        case .jsonObjectAgg, .jsonbObjectAgg:
            guard let form, let secondForm else { break }
            let isJSONB = function == .jsonbObjectAgg
            try writer.appendKey(row, column: argument, form, into: &bytes)
            bytes.append(isJSONB ? ": " : " : ")
            try writer.append(row, column: second, secondForm, asJSONB: isJSONB, into: &bytes)
        case .arrayAgg: ArrayElementText.append(row, column: argument, encoding, into: &bytes)
        default:
            let delimiter = row.isNull(second) ? UnsafeRawBufferPointer(start: nil, count: 0) : row.bytes(second)
            bytes.append(integer: UInt32(truncatingIfNeeded: delimiter.count))
            bytes.append(delimiter)
            bytes.append(row.bytes(argument))
        }
        return keyLength
    }

    private func append(_ item: OrderColumn, _ row: RowView, into bytes: inout ByteSlab) {
        let start = bytes.count
        KeyEncoder.append(row, column: item.column, as: item.encoding, into: &bytes)
        if item.isDescending {
            for place in start..<bytes.count {
                let byte = bytes.pointer(at: place)
                byte.storeBytes(of: ~byte.load(as: UInt8.self), as: UInt8.self)
            }
        }
        // The first byte tells NULL from a value; turned round, NULL comes first.
        if item.nullsFirst != item.isDescending {
            let byte = bytes.pointer(at: start)
            byte.storeBytes(of: byte.load(as: UInt8.self) ^ 1, as: UInt8.self)
        }
    }
}
