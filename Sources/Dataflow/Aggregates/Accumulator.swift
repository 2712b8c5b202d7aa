import Expressions
import Relational
import ViewPlan

/// One running state of each group: its place in the group's block, and the column it takes in. Calls that read the same share it.
///
/// | kind | bytes of the block |
/// |---|---|
/// | `rows`, `values` | 0..<8 count |
/// | `integers` | 0..<16 sum, 16..<24 count |
/// | `numerics` | 0..<16 sum × 10^scale, 16..<24 count, 24..<26 scale, 26..<28 zero, 28..<32 extra |
/// | `floats` | 0..<16 sum / 2^exponent, 16..<24 count, 24..<28 exponent, 28..<32 extra |
/// | `ordered`, `listed` | see `ValueSlot` |
///
/// All are zero for a fresh group, and all are linear in the rows' weights, so rows may come in any order within an epoch.
struct Accumulator {
    enum Kind {
        /// Rows, for `count(*)` with a filter.
        case rows
        /// Rows whose argument is not NULL.
        case values
        case integers
        case numerics
        case floats
        case ordered
        /// What a list shows, in its order.
        case listed
    }

    var kind: Kind
    /// −1 for none.
    var argument: Int
    /// The boolean column that lets a row in; −1 for none.
    var filter: Int
    var encoding: Encoding
    /// Where its bytes start in a group's block.
    var offset: Int
    /// Number of the `ListLayout`; −1 for none.
    var list = -1
    /// The ends of `ordered` values that calls ask for.
    var ends: ValueEnds = []

    var byteCount: Int {
        switch kind {
        case .rows, .values, .ordered, .listed: 8
        case .integers: 24
        case .numerics, .floats: 32
        }
    }

    /// The state that a call needs; nil for `count(*)` without a filter, which is the group's row count.
    ///
    /// - Throws: `invalidPlan` for an argument type that the function does not take.
    static func needed(
        by call: AggregateCall,
        inputTypes: [ScalarType]
    ) throws(DataflowError) -> Accumulator? {
        let filter = call.filter ?? -1
        if call.function == .countAll {
            guard filter >= 0 else { return nil }
            return Accumulator(kind: .rows, argument: -1, filter: filter, encoding: .bool, offset: 0)
        }
        if call.function.isList {
            return Accumulator(kind: .listed, argument: -1, filter: filter, encoding: .opaque, offset: 0)
        }
        guard let argument = call.argument else {
            throw DataflowError(.invalidPlan, "\(call.function.rawValue) has no argument")
        }
        let encoding = inputTypes[argument].encoding
        let kind: Kind
        switch (call.function, encoding) {
        case (.count, _): kind = .values
        case (.min, _), (.max, _): kind = .ordered
        case (_, .int2), (_, .int4), (_, .int8): kind = .integers
        case (_, .numeric): kind = .numerics
        case (_, .float4), (_, .float8): kind = .floats
        default:
            throw DataflowError(.invalidPlan, "\(call.function.rawValue) of \(inputTypes[argument]) is not there")
        }
        var needed = Accumulator(kind: kind, argument: argument, filter: filter, encoding: encoding, offset: 0)
        if kind == .ordered { needed.ends = call.function == .min ? .least : .greatest }
        return needed
    }

    /// Whether both are the same state.
    func isSame(as other: Accumulator) -> Bool {
        kind == other.kind && argument == other.argument && filter == other.filter && list == other.list
    }
}
