import CLibpq

/// Cancels what one connection runs, from any thread.
public final class PostgresCanceller: @unchecked Sendable {
    // @unchecked Sendable: libpq documents PQcancel as safe from any thread; the object is never changed.
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQfreeCancel(handle) }

    /// Asks the server to cancel; opens a short connection of its own, so it may block for a moment.
    public func cancel() {
        var message = [CChar](repeating: 0, count: 256)
        _ = PQcancel(handle, &message, 256)
    }
}
