import BigInt
import Expressions
import Relational
import StateFiles
import ViewPlan

/// Writes the row of a group: the group columns, then the results of the calls in their Postgres types.
struct GroupRenderer {
    private struct Call {
        var function: AggregateFunction
        /// nil for `count(*)` without a filter.
        var accumulator: Accumulator?
        var result: Encoding
    }

    private static let rowByteLimit = 0xF000_0000

    private let groupColumnIsFixed: FixedList<Bool>
    private let calls: FixedList<Call>
    private let lists: FixedList<ListLayout>

    /// `accumulators` go with the calls.
    init(
        groupTypes: [ScalarType],
        calls: [AggregateCall],
        accumulators: [Accumulator?],
        lists: FixedList<ListLayout>
    ) {
        self.lists = lists
        groupColumnIsFixed = FixedList(groupTypes.map(\.encoding.isFixed))
        self.calls = FixedList(
            zip(calls, accumulators).map { call, accumulator in
                Call(function: call.function, accumulator: accumulator, result: call.resultType.encoding)
            }
        )
    }

    /// Appends the group's row with weight 1; leaves the output as it was when a result is out of range.
    func render(
        _ group: UnsafeMutableRawPointer,
        image: RowView?,
        _ extras: borrowing AggregateExtras,
        into output: inout ZSet
    ) throws(EvaluationError) {
        let row = output.beginRow(columnCount: groupColumnIsFixed.count + calls.count)
        do throws(EvaluationError) {
            var column = 0
            while column < groupColumnIsFixed.count {
                if let image {
                    output.slab.set(
                        column,
                        copying: image,
                        column: column,
                        isFixed: groupColumnIsFixed[column],
                        in: row
                    )
                }
                column += 1
            }
            for index in 0..<calls.count {
                try set(column + index, calls[index], group, extras, row, &output.slab)
                // Several documents may be beyond what one row can hold.
                guard output.slab.count - row < Self.rowByteLimit else { throw .valueTooLong }
            }
        } catch {
            output.cancelRow(row)
            throw error
        }
        output.endRow(row, weight: 1)
    }

    private func set(
        _ column: Int,
        _ call: Call,
        _ group: UnsafeMutableRawPointer,
        _ extras: borrowing AggregateExtras,
        _ row: Int,
        _ slab: inout ByteSlab
    ) throws(EvaluationError) {
        guard let accumulator = call.accumulator else {
            slab.set(column, int: group.load(as: Int64.self), in: row)
            return
        }
        let block = group + accumulator.offset
        switch accumulator.kind {
        case .rows, .values:
            slab.set(column, int: block.load(as: Int64.self), in: row)
        case .ordered:
            setExtreme(column, call, accumulator, block, extras, row, &slab)
        case .listed:
            let list = lists[accumulator.list]
            try list.set(column, block.load(as: UInt32.self), extras.ordered, in: row, of: &slab)
        case .integers, .numerics, .floats:
            let count = block.load(fromByteOffset: 16, as: Int64.self)
            if count <= 0 { return }
            switch accumulator.kind {
            case .integers: try setIntegers(column, call, block, count, row, &slab)
            case .floats: try setFloats(column, call, block, count, extras, row, &slab)
            default: setNumerics(column, call, NumericSum.result(block, extras.numerics), count, row, &slab)
            }
        }
    }

    private func setExtreme(
        _ column: Int,
        _ call: Call,
        _ accumulator: Accumulator,
        _ block: UnsafeMutableRawPointer,
        _ extras: borrowing AggregateExtras,
        _ row: Int,
        _ slab: inout ByteSlab
    ) {
        let found =
            call.function == .min
            ? extras.ordered.least(extras.root(block, at: .least))
            : extras.ordered.greatest(extras.root(block, at: .greatest))
        guard let found else { return }
        if accumulator.encoding.isFixed {
            slab.setSlot(column, found.loadUnaligned(as: UInt64.self), in: row)
        } else {
            slab.set(column, bytes: found, in: row)
        }
    }

    /// sum of int2 and int4 is bigint, of int8 numeric; avg is numeric.
    private func setIntegers(
        _ column: Int,
        _ call: Call,
        _ block: UnsafeMutableRawPointer,
        _ count: Int64,
        _ row: Int,
        _ slab: inout ByteSlab
    ) throws(EvaluationError) {
        let sum = block.loadInt128()
        if call.function == .avg || call.result == .numeric {
            setNumerics(column, call, .small(sum, scale: 0), count, row, &slab)
        } else {
            guard let value = Int64(exactly: sum) else { throw .integerOutOfRange }
            slab.set(column, int: value, in: row)
        }
    }

    private func setNumerics(
        _ column: Int,
        _ call: Call,
        _ sum: NumericSum.Result,
        _ count: Int64,
        _ row: Int,
        _ slab: inout ByteSlab
    ) {
        switch sum {
        case .special(let kind): NumericBytes.set(column, kind, in: row, of: &slab)
        case .small(let coefficient, let scale) where call.function != .avg:
            NumericBytes.set(column, coefficient, scale: scale, in: row, of: &slab)
        case .wide(let coefficient, let scale) where call.function != .avg:
            NumericBytes.set(column, coefficient, scale: scale, in: row, of: &slab)
        case .small(let coefficient, let scale):
            if let average = NumericAverage.small(coefficient, scale: scale, count: count) {
                NumericBytes.set(column, average.coefficient, scale: average.scale, in: row, of: &slab)
            } else {
                let average = NumericAverage.wide(BigInt(coefficient), scale: scale, count: count)
                NumericBytes.set(column, average.coefficient, scale: average.scale, in: row, of: &slab)
            }
        case .wide(let coefficient, let scale):
            let average = NumericAverage.wide(coefficient, scale: scale, count: count)
            NumericBytes.set(column, average.coefficient, scale: average.scale, in: row, of: &slab)
        }
    }

    /// sum of real is real, everything else double precision.
    private func setFloats(
        _ column: Int,
        _ call: Call,
        _ block: UnsafeMutableRawPointer,
        _ count: Int64,
        _ extras: borrowing AggregateExtras,
        _ row: Int,
        _ slab: inout ByteSlab
    ) throws(EvaluationError) {
        if call.function == .sum && call.result == .float4 {
            guard let sum = FloatSum.result(block, extras.floats, as: Float.self) else { throw .floatOverflow }
            slab.set(column, float: Double(sum), in: row)
            return
        }
        guard let sum = FloatSum.result(block, extras.floats, as: Double.self) else { throw .floatOverflow }
        // Postgres's avg starts from +0, so it is never −0.
        slab.set(column, float: call.function == .avg ? sum / Double(count) + 0.0 : sum, in: row)
    }
}
