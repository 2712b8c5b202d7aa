/// Small files of text that are replaced as a whole. Their last line is the CRC32C of all bytes before it, in hexadecimal.
enum ReplacedText {
    /// The text of a file with these lines.
    static func sealed(_ body: String) -> String {
        let digits = String(Array(body.utf8).checksum(), radix: 16)
        return body + "crc32c " + String(repeating: "0", count: 8 - digits.utf8.count) + digits + "\n"
    }

    /// The lines of a file without the last one; nil when that one is not right.
    static func lines(of text: String) -> ArraySlice<Substring>? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard lines.count >= 3, lines.removeLast().isEmpty else { return nil }
        lines.removeLast()
        return sealed(lines.joined(separator: "\n") + "\n") == text ? lines : nil
    }

    /// Replaces a file of a folder; durable on return.
    static func write(
        _ text: String,
        to path: String,
        in directory: String,
        fileSystem: any FileSystem
    ) throws(LogError) {
        let file = try fileSystem.open(path + ".tmp", .create)
        try file.write(Array(text.utf8), at: 0)
        try file.synchronize()
        // Commit point: until this rename is durable, the file before it (or none) is in force.
        try fileSystem.rename(path + ".tmp", to: path)
        try fileSystem.synchronizeDirectory(directory)
    }
}
