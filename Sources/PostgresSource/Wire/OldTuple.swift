/// The old row of an update or delete.
public enum OldTuple {
    /// Not sent: the identity columns kept their values.
    case none
    /// `K`: only the identity columns have values.
    case key(TupleData)
    /// `O`: the whole row, under `REPLICA IDENTITY FULL`.
    case full(TupleData)
}
