/// What a rebuild is to do.
public struct RebuildRequest: Sendable, Hashable {
    /// The views; all when empty.
    public var views: [String]
    /// Whether the rows that are there are brought right by the difference to what the log says, in the place of a new generation. The
    /// views stay as they run, whatever their files say now.
    public var isRepair: Bool
    /// Whether the views' files were put back to the version before: a view whose kept version that is changes places with it, and is not
    /// built.
    public var isRollback: Bool
    /// How much of the log is read in a second; nil for as fast as it goes.
    public var bytesPerSecond: Int?

    public init(
        _ views: [String] = [],
        isRepair: Bool = false,
        isRollback: Bool = false,
        bytesPerSecond: Int? = nil
    ) {
        self.views = views
        self.isRepair = isRepair
        self.isRollback = isRollback
        self.bytesPerSecond = bytesPerSecond
    }
}

extension RebuildRequest: ExpressibleByArrayLiteral {
    /// New generations of these views, as fast as it goes.
    public init(arrayLiteral views: String...) { self.init(views) }
}
