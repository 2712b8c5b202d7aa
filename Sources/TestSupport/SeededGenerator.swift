import Foundation

/// A random number generator whose whole sequence follows from its seed (SplitMix64), equal on every machine.
///
/// Tests name the seed in what they print, so that a failure can be run again.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// `LEFTFOLD_TEST_SEED`, or 1: the same in every plain run, so that a red run is the change's doing, and free to look further.
    public static let chosenSeed =
        ProcessInfo.processInfo.environment["LEFTFOLD_TEST_SEED"].flatMap { UInt64($0) } ?? 1

    private var state: UInt64

    /// Starts the sequence of `seed`.
    public init(seed: UInt64) { state = seed }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        // Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014.
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
