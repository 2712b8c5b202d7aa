/// What a rebuild is to do.
public struct RebuildRequest: Sendable, Hashable {
    /// The views; all when empty.
    public var views: [String]
    /// Whether the rows that are there are brought right by the difference to what the log says, in the place of a new generation. The
    /// views stay as they run, whatever their files say now.
    public var isRepair: Bool
    /// How much of the log is read in a second; nil for as fast as it goes.
    public var bytesPerSecond: Int?

    public init(_ views: [String] = [], isRepair: Bool = false, bytesPerSecond: Int? = nil) {
        self.views = views
        self.isRepair = isRepair
        self.bytesPerSecond = bytesPerSecond
    }
}

extension RebuildRequest: ExpressibleByArrayLiteral {
    /// New generations of these views, as fast as it goes.
    public init(arrayLiteral views: String...) { self.init(views) }
}
