/// An aggregate function; the argument's type says which arithmetic it uses.
public enum AggregateFunction: String, Hashable, Sendable, CaseIterable {
    case countAll
    case count
    case sum
    case avg
    case min
    case max
}
