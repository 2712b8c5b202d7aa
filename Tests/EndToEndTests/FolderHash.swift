import Foundation

/// What a folder holds, to tell whether a command left it alone.
enum FolderHash {
    /// Path and bytes of every file below `folder`, except locks, sockets and SQLite's side files of a store that was only read.
    static func of(_ folder: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            let name = (path as NSString).lastPathComponent
            if ["lock", "LOCK", "leftfold.sock"].contains(name) || name.hasSuffix("-shm") || name.hasSuffix("-wal") {
                continue
            }
            var isDirectory: ObjCBool = false
            let full = "\(folder)/\(path)"
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory), !isDirectory.boolValue else {
                continue
            }
            files[path] = try Data(contentsOf: URL(fileURLWithPath: full))
        }
        return files
    }
}
