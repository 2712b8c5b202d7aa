#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Relational

/// The file `SEALED`: what the frames of the sealed segments say in sum, so that an opening has to walk only what came after.
///
/// It is derived and disposable: written when a segment was sealed or compacted, never synced. One that is damaged, or does not fit the manifest
/// and the files' lengths, is left aside and everything is walked. Three lines of text: `leftfold-sealed 1`, one JSON object, `crc32c` as in the manifest.
struct RecoveryPoint {
    static let name = "SEALED"
    private static let heading = "leftfold-sealed 1"

    var segments: [Segment]
    var history: LogHistory

    /// Reads the point of a folder; nil when there is none that can be used.
    static func read(
        in directory: String,
        _ manifest: Manifest,
        fileSystem: any FileSystem
    ) throws(LogError) -> RecoveryPoint? {
        guard try fileSystem.list(directory)?.contains(name) == true else { return nil }
        let file = try fileSystem.open("\(directory)/\(name)", .read)
        let bytes = try file.read(Int(try file.byteCount()), at: 0)
        guard let lines = ReplacedText.lines(of: String(decoding: bytes, as: UTF8.self)), lines.count == 2,
            lines[0] == heading[...],
            let stored = try? JSONDecoder().decode(StoredPoint.self, from: Data(lines[1].utf8)),
            let point = RecoveryPoint(stored, manifest)
        else { return nil }
        for segment in point.segments {
            // What is wrong with a file is told by the walk that comes instead.
            guard let file = try? SegmentFile.open(segment, in: directory, id: manifest.id, fileSystem: fileSystem),
                try file.byteCount() == segment.byteCount
            else { return nil }
        }
        return point
    }

    /// Replaces the point. What keeps it from being written only makes the next opening slower.
    ///
    /// It never takes the last space: `headroom` stays free.
    func write(id: LogID, in directory: String, headroom: Int, fileSystem: any FileSystem) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(StoredPoint(self, id: id)) else { return }
        let text = ReplacedText.sealed("\(Self.heading)\n\(String(decoding: json, as: UTF8.self))\n")
        if let free = fileSystem.freeByteCount(directory), free < Int64(headroom + text.utf8.count) { return }
        let path = "\(directory)/\(Self.name)"
        guard let file = try? fileSystem.open(path + ".tmp", .create) else { return }
        guard (try? file.write(Array(text.utf8), at: 0)) != nil else { return }
        try? fileSystem.rename(path + ".tmp", to: path)
    }

    private init?(_ stored: StoredPoint, _ manifest: Manifest) {
        guard stored.id == manifest.id.description, let history = stored.history else { return nil }
        let segments = stored.segments.compactMap(\.segment)
        // The files below the horizon are those of the manifest, and the others follow them in one chain.
        guard segments.count == stored.segments.count, segments.count >= manifest.segments.count,
            Array(segments[..<manifest.segments.count]) == manifest.segments
        else { return nil }
        var next = Offset.zero
        for segment in segments {
            guard segment.first == next, segment.end > next else { return nil }
            next = segment.end
        }
        self.segments = segments
        self.history = history
    }

    init(segments: [Segment], history: LogHistory) {
        self.segments = segments
        self.history = history
    }
}

/// A recovery point as JSON.
private struct StoredPoint: Codable {
    var id: String
    var segments: [StoredSegment]
    var schemas: [RelationSchema]
    var groups: [StoredGroup]
    var open: [UInt64]
    var dropped: [UInt64]
    var nextGroup: UInt64
    var timeline: UInt32
    var lsn: UInt64
    var time: Int64
    var unitEnd: Int64

    init(_ point: RecoveryPoint, id: LogID) {
        let history = point.history
        self.id = id.description
        segments = point.segments.map(StoredSegment.init)
        schemas = history.schemas.versions
        groups = history.groups.extents.sorted { $0.key.rawValue < $1.key.rawValue }.map(StoredGroup.init)
        open = history.groups.open.map(\.rawValue).sorted()
        dropped = history.groups.dropped.map(\.rawValue).sorted()
        nextGroup = history.groups.nextID
        timeline = history.source.timeline
        lsn = history.source.lsn.rawValue
        time = history.sourceTime
        unitEnd = history.unitEnd.rawValue
    }

    var history: LogHistory? {
        guard schemas.allSatisfy(SchemaPayload.isSound) else { return nil }
        var extents: [GroupID: GroupTable.Extent] = [:]
        for group in groups {
            guard let extent = group.extent else { return nil }
            extents[GroupID(group.id)] = extent
        }
        return LogHistory(
            schemas: schemas,
            groups: GroupTable(
                extents: extents,
                open: Set(open.map(GroupID.init)),
                dropped: Set(dropped.map(GroupID.init)),
                next: nextGroup
            ),
            source: SourcePosition(timeline: timeline, lsn: LSN(lsn)),
            sourceTime: time,
            unitEnd: Offset(unitEnd)
        )
    }
}

private struct StoredSegment: Codable {
    var first: Int64
    var end: Int64
    var bytes: Int64
    var revision: UInt32

    init(_ segment: Segment) {
        first = segment.first.rawValue
        end = segment.end.rawValue
        bytes = segment.byteCount
        revision = segment.revision
    }

    var segment: Segment? {
        first < 0 ? nil : Segment(first: Offset(first), end: Offset(end), byteCount: bytes, revision: revision)
    }
}

private struct StoredGroup: Codable {
    var id: UInt64
    var kind: UInt8
    var first: Int64
    var end: Int64?
    var isContiguous: Bool
    var closing: StoredClosing?

    init(_ id: GroupID, _ extent: GroupTable.Extent) {
        self.id = id.rawValue
        kind = extent.kind.rawValue
        first = extent.first.rawValue
        end = extent.end?.rawValue
        isContiguous = extent.isContiguous
        closing = extent.closing.map(StoredClosing.init)
    }

    var extent: GroupTable.Extent? {
        guard let kind = FrameKind(rawValue: kind) else { return nil }
        var frame: ClosingFrame?
        if let closing {
            guard let read = closing.frame else { return nil }
            frame = read
        }
        return GroupTable.Extent(
            kind: kind,
            first: Offset(first),
            end: end.map(Offset.init),
            closing: frame,
            isContiguous: isContiguous
        )
    }
}

private struct StoredClosing: Codable {
    var kind: UInt8
    var offset: Int64
    var xid: UInt32
    var timeline: UInt32
    var lsn: UInt64
    var time: Int64

    init(_ frame: ClosingFrame) {
        kind = frame.kind.rawValue
        offset = frame.offset.rawValue
        xid = frame.transaction.xid
        timeline = frame.transaction.commitEnd.timeline
        lsn = frame.transaction.commitEnd.lsn.rawValue
        time = frame.transaction.commitTime
    }

    var frame: ClosingFrame? {
        guard let kind = FrameKind(rawValue: kind) else { return nil }
        let transaction = TransactionHeader(
            xid: xid,
            commitEnd: SourcePosition(timeline: timeline, lsn: LSN(lsn)),
            commitTime: time
        )
        return ClosingFrame(kind: kind, offset: Offset(offset), transaction: transaction)
    }
}
