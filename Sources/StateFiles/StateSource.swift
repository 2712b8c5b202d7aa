import EventLog

/// The files of a folder of state, as they are read.
struct StateSource: Sendable {
    let path: String
    let logID: String
    let semantics: Int
    /// Where every checksum of a run begins.
    let seed: UInt32
    let fileSystem: any FileSystem

    init(path: String, logID: String, semantics: Int, fileSystem: any FileSystem) {
        self.path = path
        self.logID = logID
        self.semantics = semantics
        seed = Array(logID.utf8).withUnsafeBytes { Checksum.crc32c($0) }
        self.fileSystem = fileSystem
    }

    func place(_ name: String) -> String { "\(path)/\(name)" }

    /// Turns errors of the file system into ours.
    func asking<Result: ~Copyable>(_ body: () throws(LogError) -> Result) throws(StateError) -> Result {
        do throws(LogError) {
            return try body()
        } catch {
            throw StateError(error, path: path)
        }
    }

    /// The names in the folder; `notFound` when there is none.
    func names() throws(StateError) -> [String] {
        guard let names = try asking({ () throws(LogError) in try fileSystem.list(path) }) else {
            throw StateError(.notFound, "there is no state", hint: "run leftfold run, which makes it", path: path)
        }
        return names
    }

    /// The id of the process that the lock's file names.
    var lockHolder: String? {
        guard let file = try? fileSystem.open(place(StateNames.lock), .read) else { return nil }
        let digits = withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { buffer in
            let count = (try? file.read(into: buffer, at: 0)) ?? 0
            let digits = buffer.prefix(count).prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            return String(decoding: digits, as: UTF8.self)
        }
        return digits.isEmpty ? nil : digits
    }

    func byteCount(_ name: String) throws(StateError) -> Int64 {
        try asking { () throws(LogError) in try fileSystem.open(place(name), .read).byteCount() }
    }

    /// The bytes of a manifest.
    func bytes(_ number: UInt64) throws(StateError) -> [UInt8] {
        let path = place(StateNames.manifest(number))
        let file = try asking { () throws(LogError) in try fileSystem.open(path, .read) }
        let byteCount = try asking { () throws(LogError) in try file.byteCount() }
        guard byteCount <= StateManifest.byteMax else {
            throw .damagedManifest("a manifest of state is too long", path)
        }
        var bytes = [UInt8](repeating: 0, count: Int(byteCount))
        let outcome: Result<Int, LogError> = bytes.withUnsafeMutableBytes { buffer in
            do throws(LogError) {
                return .success(try file.read(into: buffer, at: 0))
            } catch {
                return .failure(error)
            }
        }
        let count = try asking { () throws(LogError) in try outcome.get() }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    func manifest(_ number: UInt64, _ bytes: [UInt8]) throws(StateError) -> StateManifest {
        let path = place(StateNames.manifest(number))
        let manifest = try StateManifest(parsing: bytes, path: path)
        guard manifest.number == number else {
            throw .damagedManifest("a manifest of state has the name of another one", path)
        }
        return manifest
    }

    /// - Throws: `foreign`, `otherSemantics`.
    func check(_ manifest: StateManifest) throws(StateError) {
        let path = place(StateNames.manifest(manifest.number))
        guard manifest.logID == logID else { throw .foreign(manifest, logID: logID, path) }
        guard manifest.semantics == semantics else { throw .otherSemantics(manifest, semantics: semantics, path) }
    }

    func open(_ run: RunReference, rule: MergeRule) throws(StateError) -> Run {
        try RunFile.open(run, rule: rule, seed: seed, in: path, fileSystem: fileSystem)
    }
}
