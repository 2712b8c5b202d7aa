/// A database that is tailed, as far as supervision knows it; handed in.
public protocol ChangeSource: Sendable {
    /// Tails until `stop`, on the calling thread, reconnecting by itself.
    ///
    /// - Throws: when going on would lose changes or needs a decision: never for a lost connection.
    func run() throws

    /// Ends `run` soon, after what was received is durable and confirmed. Safe from any thread.
    func stop()

    /// Wakes the source's thread: something became durable and can be confirmed. Safe from any thread.
    func wake()

    /// Asks the server how far it is; the answer arrives in the log as a position frame. Safe from any thread.
    func requestPosition()

    /// How it stands. Safe from any thread.
    var status: Status.Source { get }

    /// Memory of rows that are not in the log yet. Safe from any thread.
    var bufferedBytes: Int64 { get }

    /// What that may be, but for one row; nil for a source without such rows.
    var bufferLimitBytes: Int64? { get }
}

extension ChangeSource {
    public var bufferedBytes: Int64 { 0 }

    public var bufferLimitBytes: Int64? { nil }
}
