/// What a folder of state holds, and who needs which of its files; behind the folder's lock.
struct FolderContents {
    private struct WeakRun {
        weak var run: Run?
    }

    /// How the opening of a run begins.
    enum Claim {
        /// It is open already.
        case open(Run)
        /// Its file stays until `end`.
        case begun
        case missing
    }

    /// Usable ones, newest first.
    private(set) var manifests: [StateManifest]
    private(set) var refused: [StateError]
    /// A manifest that is on its way to the disk.
    private var arriving: StateManifest?
    private var manifestBytes: [UInt64: Int64]
    private var runBytes: [UInt64: Int64]
    private(set) var nextNumber: UInt64
    private var nextID: UInt64
    /// Runs being written or opened, each with how often.
    private var busy: [UInt64: Int] = [:]
    /// What runs being written may take.
    private var reserved: Int64 = 0
    private var handedOut: [UInt64: WeakRun] = [:]

    init(_ scan: FolderScan) {
        manifests = scan.manifests
        refused = scan.refused
        manifestBytes = scan.manifestBytes
        runBytes = scan.runBytes
        nextNumber = scan.highestNumber + 1
        nextID = scan.highestID + 1
    }

    var byteCount: Int64 {
        runBytes.values.reduce(0, &+) &+ manifestBytes.values.reduce(0, &+)
    }

    var runCount: Int { runBytes.count }

    var fileCount: Int { runBytes.count + manifestBytes.count }

    /// What is there and what is on its way.
    var takenByteCount: Int64 { byteCount &+ reserved }

    // MARK: Runs

    /// The id of a run that is to be written, never given before.
    mutating func beginRun(reserving byteCount: Int64) -> UInt64 {
        defer { nextID += 1 }
        busy[nextID, default: 0] += 1
        reserved &+= byteCount
        return nextID
    }

    /// Ends what `beginRun` has begun.
    mutating func endRun(_ id: UInt64, reserved byteCount: Int64, _ run: Run?) {
        reserved &-= byteCount
        release(id)
        guard let run else { return }
        runBytes[id] = run.reference.byteCount
        handedOut[id] = WeakRun(run: run)
    }

    mutating func claim(_ reference: RunReference) -> Claim {
        if let run = handedOut[reference.id]?.run, run.reference == reference { return .open(run) }
        guard runBytes[reference.id] != nil else { return .missing }
        busy[reference.id, default: 0] += 1
        return .begun
    }

    /// Ends what `claim` has begun; the run to hand out is the one that another thread has opened meanwhile, if any.
    mutating func endClaim(_ id: UInt64, _ run: Run?) -> Run? {
        release(id)
        guard let run else { return nil }
        if let other = handedOut[id]?.run, other.reference == run.reference { return other }
        handedOut[id] = WeakRun(run: run)
        return run
    }

    private mutating func release(_ id: UInt64) {
        guard let count = busy[id] else { return }
        busy[id] = count > 1 ? count - 1 : nil
    }

    // MARK: Manifests

    /// Gives a manifest its number and keeps its files; the first of its runs that is not there, if any.
    mutating func beginPublication(_ manifest: inout StateManifest) -> RunReference? {
        for section in manifest.sections {
            if let missing = section.runs.first(where: { runBytes[$0.id] != $0.byteCount }) { return missing }
        }
        manifest.number = nextNumber
        nextNumber += 1
        arriving = manifest
        return nil
    }

    mutating func endPublication(byteCount: Int64?, manifestsKept: Int) {
        guard let manifest = arriving else { return }
        arriving = nil
        guard let byteCount else { return }
        manifestBytes[manifest.number] = byteCount
        manifests = [manifest] + manifests.prefix(manifestsKept - 1)
    }

    /// Makes the files of all but the newest manifests leftovers; false when there are no others.
    mutating func forgetElder(keeping count: Int) -> Bool {
        guard manifests.count > count else { return false }
        manifests.removeLast(manifests.count - count)
        return true
    }

    mutating func refuse(_ number: UInt64, _ error: StateError) {
        let damagedRun = error.path?.split(separator: "/").last.flatMap { StateNames.runID(String($0)) }
        manifests.removeAll { manifest in
            manifest.number == number || damagedRun.map(manifest.runIDs.contains) ?? false
        }
        refused.append(error)
    }

    /// Forgets all manifests, and who holds which run; their files are leftovers from now on.
    mutating func forgetAll() {
        manifests = []
        refused = []
        manifestBytes = [:]
        handedOut = [:]
    }

    /// Of the names in the folder, those of files that nobody needs; they count as gone from now on.
    mutating func takeLeftovers(_ names: [String]) -> [String] {
        handedOut = handedOut.filter { $0.value.run != nil }
        let kept = manifests + (arriving.map { [$0] } ?? [])
        let numbers = Set(kept.map(\.number))
        let ids = kept.reduce(into: Set(handedOut.keys).union(busy.keys)) { $0.formUnion($1.runIDs) }
        return names.filter { name in
            if let number = StateNames.manifestNumber(name), !numbers.contains(number) {
                manifestBytes[number] = nil
                return true
            }
            guard let id = StateNames.runID(name), !ids.contains(id) else { return false }
            runBytes[id] = nil
            return true
        }
    }
}
