/// What a full check of a folder of state found.
public struct StateCheck: Sendable {
    public var manifestCount = 0
    public var runCount = 0
    public var entryCount = 0
    /// Of the manifests and runs that were read.
    public var byteCount: Int64 = 0
    /// What is wrong, by manifest, newest first; a run is named once.
    public var faults: [StateError] = []
    /// Names in the folder that are not of state.
    public var foreignNames: [String] = []

    public var isSound: Bool { faults.isEmpty }
}

extension StateFolder {
    /// Reads every manifest and every block of the runs that they name. It changes nothing, and may run beside a writer: what goes meanwhile
    /// is passed over.
    ///
    /// - Throws: what the file system said about the folder; damage is in the result.
    public func check() throws(StateError) -> StateCheck {
        while true {
            let newest = try FolderScan.highestNumber(source)
            let check = try checkOnce()
            // So fast was the writer that nothing of what was listed could be read.
            if check.manifestCount == 0, try FolderScan.highestNumber(source) != newest { continue }
            return check
        }
    }

    private func checkOnce() throws(StateError) -> StateCheck {
        let names = try source.names()
        var check = StateCheck()
        check.foreignNames = names.filter { Self.isForeign($0) }.sorted()
        var seen: Set<UInt64> = []
        for number in names.compactMap(StateNames.manifestNumber).sorted(by: >) {
            var found = check
            do throws(StateError) {
                let bytes = try source.bytes(number)
                found.manifestCount += 1
                found.byteCount &+= Int64(bytes.count)
                let manifest = try source.manifest(number, bytes)
                try source.check(manifest)
                checkRuns(of: manifest, seen: &seen, &found)
            } catch {
                found.faults.append(error)
            }
            // A fault in what is gone by now is none.
            if found.faults.count == check.faults.count { check = found; continue }
            if try source.names().contains(StateNames.manifest(number)) { check = found }
        }
        return check
    }

    private func checkRuns(of manifest: StateManifest, seen: inout Set<UInt64>, _ check: inout StateCheck) {
        for section in manifest.sections {
            for reference in section.runs where seen.insert(reference.id).inserted {
                do throws(StateError) {
                    let run = try source.open(reference, rule: section.rule)
                    try RunFile.check(run)
                    check.runCount += 1
                    check.entryCount &+= reference.entryCount
                    check.byteCount &+= reference.byteCount
                } catch {
                    check.faults.append(.unusable(manifest.number, error))
                }
            }
        }
    }

    private static func isForeign(_ name: String) -> Bool {
        name != StateNames.lock && !StateNames.isUnfinished(name) && StateNames.manifestNumber(name) == nil
            && StateNames.runID(name) == nil
    }
}
