import EventLog

/// What the files of a folder of state come to.
///
/// 1. Manifests are read from the newest on. One that is damaged, of another log, of other rules, or that names a run that does not open, is refused.
/// 2. It ends when as many as are kept are usable; elder ones were to be removed already.
/// 3. Runs that no legible manifest names are leftovers, unless a manifest could not be read at all (it may be of a newer version): then nothing is.
struct FolderScan {
    let source: StateSource
    /// Usable, newest first.
    private(set) var manifests: [StateManifest] = []
    private(set) var refused: [StateError] = []
    /// The bytes of all manifests, by number.
    private(set) var manifestBytes: [UInt64: Int64] = [:]
    /// The bytes of all runs, by id.
    private(set) var runBytes: [UInt64: Int64] = [:]
    private(set) var unfinished: [String] = []
    /// Names of files that nothing needs any more.
    private(set) var leftovers: [String] = []
    private(set) var highestNumber: UInt64 = 0
    private(set) var highestID: UInt64 = 0
    /// Runs that some manifest that was read names.
    private var named: Set<UInt64> = []
    /// Runs that were opened, and are what they should be.
    private var sound: [RunReference: MergeRule] = [:]
    private var isLegible = true

    init(_ source: StateSource, manifestsKept: Int) throws(StateError) {
        self.source = source
        let names = try source.names()
        unfinished = names.filter(StateNames.isUnfinished)
        let numbers = names.compactMap(StateNames.manifestNumber).sorted(by: >)
        highestNumber = numbers.first ?? 0
        for (index, number) in numbers.enumerated() {
            if manifests.count == manifestsKept {
                leftovers += numbers[index...].map(StateNames.manifest)
                break
            }
            do throws(StateError) {
                manifests.append(try usable(number))
            } catch {
                refused.append(error)
            }
        }
        let ids = names.compactMap(StateNames.runID)
        highestID = max(named.max() ?? 0, ids.max() ?? 0)
        if isLegible { leftovers += ids.filter { !named.contains($0) }.map { StateNames.run($0) } }
        for run in sound.keys { runBytes[run.id] = run.byteCount }
        for id in ids where runBytes[id] == nil { runBytes[id] = (try? source.byteCount(StateNames.run(id))) ?? 0 }
    }

    /// The number of the newest manifest now, usable or not.
    static func highestNumber(_ source: StateSource) throws(StateError) -> UInt64 {
        try source.names().compactMap(StateNames.manifestNumber).max() ?? 0
    }

    private mutating func usable(_ number: UInt64) throws(StateError) -> StateManifest {
        let manifest: StateManifest
        do throws(StateError) {
            let bytes = try source.bytes(number)
            manifestBytes[number] = Int64(bytes.count)
            manifest = try source.manifest(number, bytes)
        } catch {
            if error.code != .corrupt { isLegible = false }
            throw error
        }
        named.formUnion(manifest.runIDs)
        try source.check(manifest)
        for section in manifest.sections {
            for run in section.runs where sound[run] != section.rule {
                do throws(StateError) {
                    _ = try source.open(run, rule: section.rule)
                    sound[run] = section.rule
                } catch {
                    throw .unusable(number, error)
                }
            }
        }
        return manifest
    }
}
