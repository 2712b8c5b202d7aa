import Synchronization

/// Values that hold scratch memory, for as many threads as need one at the same time; made when there is none to spare.
final class Spares<Value: ~Copyable>: Sendable {
    /// A value that is lent.
    // Sendable: whoever has taken it is the only one that uses it.
    final class Spare: @unchecked Sendable {
        var value: Value

        init(_ value: consuming Value) { self.value = value }
    }

    private let spare = Mutex<[Spare]>([])
    // Unsafe: makers read plain plans, which nobody changes.
    nonisolated(unsafe) private let make: () -> Value

    init(_ make: @escaping () -> Value) { self.make = make }

    func take() -> Spare { spare.withLock { $0.popLast() } ?? Spare(make()) }

    func give(_ used: Spare) { spare.withLock { $0.append(used) } }

    /// Lends a value to `body`.
    func use<Failure: Error>(_ body: (inout Value) throws(Failure) -> Void) throws(Failure) {
        let taken = take()
        defer { give(taken) }
        try body(&taken.value)
    }
}
