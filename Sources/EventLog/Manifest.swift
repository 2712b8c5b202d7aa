/// The file `MANIFEST`: what the log is. Lines of text, so that a person can read it.
///
///     leftfold-log 1
///     id 6f3c2a52-7f0e-4b0c-9d5b-0d3a8f6f1c11
///     source 7301234567890123456 timeline 1
///     crc32c 9ab3f00d
///
/// `source -` stands for none yet. The last line is the CRC32C of all bytes before it, in hexadecimal. Replaced as a whole:
/// write `MANIFEST.tmp`, sync, rename, sync the folder.
struct Manifest: Equatable {
    static let name = "MANIFEST"
    static let version = 1

    var id: LogID
    var source: SourceIdentity?

    var text: String {
        let source = source.map { "\($0.systemIdentifier) timeline \($0.timeline)" } ?? "-"
        let body = "leftfold-log \(Self.version)\nid \(id)\nsource \(source)\n"
        return body + "crc32c \(Self.checksum(body))\n"
    }

    private static func checksum(_ body: some StringProtocol) -> String {
        let digits = String(Array(body.utf8).checksum(), radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    init(id: LogID, source: SourceIdentity?) {
        self.id = id
        self.source = source
    }

    /// Parses the file's text.
    init(parsing text: String, path: String) throws(LogError) {
        let place = LogError.Place(path: path)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let first = lines[0].split(separator: " ")
        guard first.count == 2, first[0] == "leftfold-log", let version = Int(first[1]), version > 0 else {
            throw .corrupt("the manifest does not begin like one", at: place)
        }
        guard version <= Self.version else { throw .newerFormat("manifest of format \(version)", at: place) }
        guard lines.count == 5, lines[4].isEmpty,
            lines[3] == "crc32c \(Self.checksum(lines[0..<3].joined(separator: "\n") + "\n"))"
        else { throw .corrupt("the manifest is damaged", at: place) }
        let words = lines[2].split(separator: " ", omittingEmptySubsequences: false)
        guard lines[1].hasPrefix("id "), let id = LogID(parsing: lines[1].dropFirst(3)), words[0] == "source" else {
            throw .corrupt("the manifest is damaged", at: place)
        }
        self.id = id
        if words.count == 2, words[1] == "-" {
            source = nil
        } else if words.count == 4, words[2] == "timeline", let timeline = UInt32(words[3]) {
            source = SourceIdentity(systemIdentifier: String(words[1]), timeline: timeline)
        } else {
            throw .corrupt("the manifest is damaged", at: place)
        }
    }

    /// Reads the manifest of a folder; nil when there is none.
    static func read(in directory: String, fileSystem: any FileSystem) throws(LogError) -> Manifest? {
        let path = "\(directory)/\(name)"
        guard let names = try fileSystem.list(directory), names.contains(name) else { return nil }
        let bytes = try fileSystem.open(path, .read).read(4096, at: 0)
        return try Manifest(parsing: String(decoding: bytes, as: UTF8.self), path: path)
    }

    /// Replaces the manifest; durable on return.
    func write(in directory: String, fileSystem: any FileSystem) throws(LogError) {
        let path = "\(directory)/\(Self.name)"
        let file = try fileSystem.open(path + ".tmp", .create)
        try file.write(Array(text.utf8), at: 0)
        try file.synchronize()
        // Commit point: until this rename is durable, the manifest before it (or none) is in force.
        try fileSystem.rename(path + ".tmp", to: path)
        try fileSystem.synchronizeDirectory(directory)
    }
}
