import Relational

/// The file `CURSORS`: who reads the log, and how far each has durably come. Lines of text:
///
///     leftfold-cursors 1
///     cursor 184320 812345678901234 store main
///     crc32c 9ab3f00d
///
/// Offset, time of the last move, name. Replaced as a whole. A file that is damaged counts as none: nobody misses anything by it, because what
/// has left the log for good is told by the manifest's `floor`.
enum CursorFile {
    static let name = "CURSORS"
    private static let heading = "leftfold-cursors 1"

    static func text(_ cursors: [LogCursor]) -> String {
        var body = heading + "\n"
        for cursor in cursors { body += "cursor \(cursor.offset) \(cursor.movedAt) \(cursor.name)\n" }
        return ReplacedText.sealed(body)
    }

    static func read(in directory: String, fileSystem: any FileSystem) throws(LogError) -> [LogCursor] {
        guard try fileSystem.list(directory)?.contains(name) == true else { return [] }
        let file = try fileSystem.open("\(directory)/\(name)", .read)
        let bytes = try file.read(Int(try file.byteCount()), at: 0)
        return parse(String(decoding: bytes, as: UTF8.self)) ?? []
    }

    private static func parse(_ text: String) -> [LogCursor]? {
        guard let lines = ReplacedText.lines(of: text), lines.first == heading[...] else { return nil }
        var cursors: [LogCursor] = []
        for line in lines.dropFirst() {
            let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
            guard words.count == 4, words[0] == "cursor", let offset = Int64(words[1]), let time = Int64(words[2])
            else { return nil }
            cursors.append(LogCursor(name: String(words[3]), offset: Offset(offset), movedAt: time))
        }
        return cursors
    }

    /// Replaces the file; durable on return.
    static func write(_ cursors: [LogCursor], in directory: String, fileSystem: any FileSystem) throws(LogError) {
        try ReplacedText.write(text(cursors), to: "\(directory)/\(name)", in: directory, fileSystem: fileSystem)
    }
}
