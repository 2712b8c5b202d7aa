/// What entries with the same key come to when runs are read together or merged.
public enum MergeRule: UInt8, Sendable, CaseIterable {
    /// An entry is known by key and payload: weights add up, and one that comes to 0 is not there.
    case sum = 0
    /// An entry is known by its key alone: the newest one counts, and weight 0 takes the key away.
    case replace = 1
}
