/// The names of the files in a folder of state.
enum StateNames {
    static let lock = "LOCK"
    static let unfinished = ".tmp"
    private static let checkpoint = "CHECKPOINT-"
    private static let run = ".run"

    /// Ids and numbers count up from 1; those beyond this were not given by us.
    static let numberMax: UInt64 = 1 << 62

    static func manifest(_ number: UInt64) -> String { "\(checkpoint)\(number)" }

    static func run(_ id: UInt64) -> String { RunFile.name(id) }

    /// The number in a manifest's name.
    static func manifestNumber(_ name: String) -> UInt64? {
        guard name.hasPrefix(checkpoint), let number = UInt64(name.dropFirst(checkpoint.utf8.count)) else { return nil }
        return number <= numberMax && manifest(number) == name ? number : nil
    }

    /// The id in the name of a run's file.
    static func runID(_ name: String) -> UInt64? {
        guard name.hasSuffix(run), let id = UInt64(name.dropLast(run.utf8.count), radix: 16) else { return nil }
        return id <= numberMax && self.run(id) == name ? id : nil
    }

    /// Whether it is the name of a file that was to be renamed and never was.
    static func isUnfinished(_ name: String) -> Bool {
        guard name.hasSuffix(unfinished) else { return false }
        let target = String(name.dropLast(unfinished.utf8.count))
        return manifestNumber(target) != nil || runID(target) != nil
    }

    /// All digits of a number, in lower case.
    static func hexadecimal(_ number: some FixedWidthInteger & UnsignedInteger) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: number.bitWidth / 4 - digits.utf8.count) + digits
    }
}
