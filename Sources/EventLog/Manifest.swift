import Relational

/// The file `MANIFEST`: what the log is, and which files hold its compacted part. Lines of text, so that a person can read it.
///
///     leftfold-log 2
///     id 6f3c2a52-7f0e-4b0c-9d5b-0d3a8f6f1c11
///     source 7301234567890123456 timeline 1
///     horizon 184320 timeline 1 lsn 0/1A2B3C time 812345678901234
///     clean 184320
///     floor 9000
///     groups 17
///     tombstones 3
///     revision 4
///     kept 16400 16403
///     segment 0 4 end 184320 bytes 1048640
///     crc32c 9ab3f00d
///
/// `source -` stands for none yet. `segment` lines name the files below the horizon: first offset, revision, end, bytes. The last line is the
/// CRC32C of all bytes before it, in hexadecimal. Replaced as a whole: write `MANIFEST.tmp`, sync, rename, sync the folder.
struct Manifest: Hashable, Sendable {
    static let name = "MANIFEST"
    /// Version 1 ends after the source: nothing was compacted.
    static let version = 2

    var id: LogID
    var source: SourceIdentity?
    var horizon = LogHorizon.none
    /// Below it every key has one record at most: the last run that looked at everything ended there.
    var clean = Offset.zero
    /// The end of the highest record that readers between it and the beginning may have missed.
    var floor = Offset.zero
    /// Group ids below this one were given; their frames may be gone.
    var groups: UInt64 = 0
    /// Tombstones below `clean`.
    var tombstones = 0
    /// The highest revision given to a file.
    var revision: UInt32 = 0
    /// Relations with more than the latest record of each key below `clean`, ascending.
    var kept: [RelationID] = []
    /// The files below the horizon, a chain from offset 0.
    var segments: [Segment] = []

    init(id: LogID, source: SourceIdentity?) {
        self.id = id
        self.source = source
    }

    var text: String {
        var body = "leftfold-log \(Self.version)\nid \(id)\n"
        body += source.map { "source \($0.systemIdentifier) timeline \($0.timeline)\n" } ?? "source -\n"
        let position = horizon.position
        body += "horizon \(horizon.offset) timeline \(position.timeline) lsn \(position.lsn) time \(horizon.time)\n"
        body += "clean \(clean)\nfloor \(floor)\ngroups \(groups)\ntombstones \(tombstones)\nrevision \(revision)\n"
        body += "kept" + kept.map { " \($0)" }.joined() + "\n"
        for segment in segments {
            body += "segment \(segment.first) \(segment.revision) end \(segment.end) bytes \(segment.byteCount)\n"
        }
        return ReplacedText.sealed(body)
    }

    /// Parses the file's text.
    init(parsing text: String, path: String) throws(LogError) {
        let place = LogError.Place(path: path)
        let first = text.prefix { $0 != "\n" }.split(separator: " ")
        guard first.count == 2, first[0] == "leftfold-log", let version = Int(first[1]), version > 0 else {
            throw .corrupt("the manifest does not begin like one", at: place)
        }
        guard version <= Self.version else { throw .newerFormat("manifest of format \(version)", at: place) }
        guard let lines = ReplacedText.lines(of: text), let manifest = Self(fields: lines.dropFirst(), version: version)
        else { throw .corrupt("the manifest is damaged", at: place) }
        self = manifest
    }

    /// Reads the lines between the first and the last one; nil when one is not as it must be.
    private init?(fields lines: ArraySlice<Substring>, version: Int) {
        var fields = ManifestFields(lines)
        guard let id = fields.next("id")?.first.flatMap({ LogID(parsing: $0) }), let words = fields.next("source")
        else { return nil }
        self.init(id: id, source: nil)
        if words.count == 3, words[1] == "timeline", let timeline = UInt32(words[2]) {
            source = SourceIdentity(systemIdentifier: String(words[0]), timeline: timeline)
        } else if words != ["-"] {
            return nil
        }
        if version == 1 {
            guard fields.isAtEnd else { return nil }
            return
        }
        guard let horizon = fields.next("horizon").flatMap(LogHorizon.init(parsing:)),
            let clean: Int64 = fields.number("clean"), let floor: Int64 = fields.number("floor"),
            let groups: UInt64 = fields.number("groups"), let tombstones: Int = fields.number("tombstones"),
            let revision: UInt32 = fields.number("revision"), let kept = fields.next("kept")
        else { return nil }
        self.horizon = horizon
        self.clean = Offset(clean)
        self.floor = Offset(floor)
        self.groups = groups
        self.tombstones = tombstones
        self.revision = revision
        self.kept = kept.compactMap { UInt32($0).map(RelationID.init) }
        while let words = fields.next("segment") {
            guard let segment = Segment(parsing: words) else { return nil }
            segments.append(segment)
        }
        guard fields.isAtEnd, isChain else { return nil }
    }

    /// Whether the files follow one another from offset 0 to the horizon.
    private var isChain: Bool {
        var next = Offset.zero
        for segment in segments {
            guard segment.first == next, segment.end > segment.first, segment.revision <= revision else { return false }
            next = segment.end
        }
        return next == horizon.offset && clean <= next && floor <= next
    }

    /// Reads the manifest of a folder; nil when there is none.
    static func read(in directory: String, fileSystem: any FileSystem) throws(LogError) -> Manifest? {
        let path = "\(directory)/\(name)"
        guard let names = try fileSystem.list(directory), names.contains(name) else { return nil }
        let file = try fileSystem.open(path, .read)
        let bytes = try file.read(Int(try file.byteCount()), at: 0)
        return try Manifest(parsing: String(decoding: bytes, as: UTF8.self), path: path)
    }

    /// Replaces the manifest; durable on return.
    func write(in directory: String, fileSystem: any FileSystem) throws(LogError) {
        try ReplacedText.write(text, to: "\(directory)/\(Self.name)", in: directory, fileSystem: fileSystem)
    }
}

/// The lines of a manifest, each a name with words after it.
private struct ManifestFields {
    private var lines: ArraySlice<Substring>

    init(_ lines: ArraySlice<Substring>) { self.lines = lines }

    var isAtEnd: Bool { lines.isEmpty }

    /// The words of the next line when it has this name.
    mutating func next(_ name: String) -> [Substring]? {
        guard let line = lines.first else { return nil }
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words[0] == name else { return nil }
        lines.removeFirst()
        return Array(words.dropFirst())
    }

    mutating func number<Number: FixedWidthInteger>(_ name: String) -> Number? {
        guard let words = next(name), words.count == 1, let number = Number(words[0]), number >= 0 else { return nil }
        return number
    }
}

extension LogHorizon {
    /// The words of a manifest's line.
    fileprivate init?(parsing words: [Substring]) {
        guard words.count == 7, words[1] == "timeline", words[3] == "lsn", words[5] == "time",
            let offset = Int64(words[0]), offset >= 0, let timeline = UInt32(words[2]),
            let lsn = LSN(parsing: words[4]), let time = Int64(words[6])
        else { return nil }
        self.init(offset: Offset(offset), position: SourcePosition(timeline: timeline, lsn: lsn), time: time)
    }
}

extension Segment {
    /// The words of a manifest's line.
    fileprivate init?(parsing words: [Substring]) {
        guard words.count == 6, words[2] == "end", words[4] == "bytes", let first = Int64(words[0]), first >= 0,
            let revision = UInt32(words[1]), let end = Int64(words[3]), let byteCount = Int64(words[5]),
            byteCount >= SegmentFile.headerByteCount
        else { return nil }
        self.init(first: Offset(first), end: Offset(end), byteCount: byteCount, revision: revision)
    }
}
