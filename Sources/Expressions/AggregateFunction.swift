/// An aggregate function; the argument's type says which arithmetic it uses. The raw value is SQL's name, but for `count(*)`.
public enum AggregateFunction: String, Hashable, Sendable, CaseIterable {
    case countAll
    case count
    case sum
    case avg
    case min
    case max
    case stringAgg = "string_agg"
    case arrayAgg = "array_agg"
    case jsonAgg = "json_agg"
    case jsonbAgg = "jsonb_agg"
    case jsonObjectAgg = "json_object_agg"
    case jsonbObjectAgg = "jsonb_object_agg"

    /// Whether it makes its value out of the list of the group's rows, whose order shows.
    public var isList: Bool {
        switch self {
        case .countAll, .count, .sum, .avg, .min, .max: false
        case .stringAgg, .arrayAgg, .jsonAgg, .jsonbAgg, .jsonObjectAgg, .jsonbObjectAgg: true
        }
    }

    var argumentCount: Int {
        switch self {
        case .countAll: 0
        case .stringAgg, .jsonObjectAgg, .jsonbObjectAgg: 2
        default: 1
        }
    }
}
