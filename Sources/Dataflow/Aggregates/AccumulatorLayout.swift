import Expressions
import Relational
import ViewPlan

/// The accumulators that calls need, and where they lie in a group's block. Calls that read the same share one.
struct AccumulatorLayout {
    private(set) var accumulators: [Accumulator] = []
    private(set) var lists: [ListLayout] = []
    /// The number of each call's accumulator; nil where it needs none.
    private(set) var numbers: [Int?] = []
    /// Where they end in the block.
    private(set) var end = GroupTable.accumulatorsStart

    /// - Throws: `invalidPlan`.
    init(_ calls: [AggregateCall], inputTypes: [ScalarType]) throws(DataflowError) {
        for call in calls {
            guard var needed = try Accumulator.needed(by: call, inputTypes: inputTypes) else {
                numbers.append(nil)
                continue
            }
            if call.function.isList {
                let list = try ListLayout(call, inputTypes: inputTypes)
                needed.list = lists.firstIndex(of: list) ?? lists.count
                if needed.list == lists.count { lists.append(list) }
            }
            if let number = accumulators.firstIndex(where: { $0.isSame(as: needed) }) {
                accumulators[number].ends.formUnion(needed.ends)
                numbers.append(number)
            } else {
                needed.offset = end
                end += needed.byteCount
                numbers.append(accumulators.count)
                accumulators.append(needed)
            }
        }
    }

    /// Where the ordered values lie.
    var slots: [ValueSlot] {
        accumulators.enumerated().compactMap { number, accumulator in
            switch accumulator.kind {
            case .ordered, .listed:
                ValueSlot(number: number + 1, offset: accumulator.offset, ends: accumulator.ends)
            case .rows, .values, .integers, .numerics, .floats: nil
            }
        }
    }
}
