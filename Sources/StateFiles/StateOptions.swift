/// Limits of a folder of state.
public struct StateOptions: Sendable {
    public var runOptions: RunOptions
    /// Memory for decoded blocks.
    public var cacheByteLimit: Int
    /// What the folder may take; nil for all that is free. Beyond it new runs are refused; a merge may pass it until its inputs go.
    public var byteMax: Int64?
    /// Free space on the device that is left alone. More than the log leaves, so that state gives way before the log does.
    public var headroomByteCount: Int64
    /// Manifests that stay in the folder with their runs, 1 at least; where space is short the newest alone.
    public var manifestsKept: Int

    public init(
        runOptions: RunOptions = RunOptions(),
        cacheByteLimit: Int = 64 << 20,
        byteMax: Int64? = nil,
        headroomByteCount: Int64 = 128 << 20,
        manifestsKept: Int = 2
    ) {
        self.runOptions = runOptions
        self.cacheByteLimit = cacheByteLimit
        self.byteMax = byteMax
        self.headroomByteCount = headroomByteCount
        self.manifestsKept = max(1, manifestsKept)
    }
}
