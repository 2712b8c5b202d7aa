/// What one operator of a circuit holds, for EXPLAIN and status.
public struct OperatorStatistics: Hashable, Sendable {
    /// The operator and what it works on, for example `join on (customer_id)`.
    public var name: String
    /// The views that read it, sorted.
    public var views: [String]
    /// Rows or groups held; 0 for an operator without state.
    public var rowCount: Int
    /// Bytes held by its state.
    public var stateBytes: Int

    public init(name: String, views: [String], rowCount: Int, stateBytes: Int) {
        self.name = name
        self.views = views
        self.rowCount = rowCount
        self.stateBytes = stateBytes
    }
}
