import EventLog

/// Moving folders with all they hold. Their durable entries are remembered under the durable name.
extension FaultyDisk {
    func isEmpty(_ folder: String) -> Bool {
        !names.keys.contains { $0.hasPrefix(folder + "/") } && !folders.contains { $0.hasPrefix(folder + "/") }
    }

    mutating func renameFolder(_ source: String, to target: String) throws(LogError) {
        guard folders.contains(FaultyDisk.parent(of: target)) else { throw LogError(.notFound, "no such folder") }
        guard names[target] == nil, isEmpty(target) else { throw LogError(.io, "the target is not an empty folder") }
        Self.move(source, to: target, &names, &folders)
        folderRenames.append((source, target))
    }

    /// Takes the renames of a folder's entries over to what survives.
    mutating func makeRenamesDurable(in folder: String) {
        for (source, target) in folderRenames where Self.parent(of: target) == folder {
            Self.move(source, to: target, &durableNames, &durableFolders)
        }
        folderRenames.removeAll { Self.parent(of: $0.target) == folder }
    }

    /// Each unsynced rename has happened when `survives` says so; the last ones are undone first.
    mutating func forgetFolderRenames(_ survives: () -> Bool) {
        let keptCount = folderRenames.prefix { _ in survives() }.count
        for (source, target) in folderRenames.prefix(keptCount) {
            Self.move(source, to: target, &durableNames, &durableFolders)
        }
        for (source, target) in folderRenames.dropFirst(keptCount).reversed() {
            Self.move(target, to: source, &names, &folders)
        }
        folderRenames = []
    }

    private static func move(
        _ source: String,
        to target: String,
        _ names: inout [String: Int],
        _ folders: inout Set<String>
    ) {
        func moved(_ path: String) -> String {
            path == source || path.hasPrefix(source + "/") ? target + path.dropFirst(source.utf8.count) : path
        }
        names = Dictionary(names.map { (moved($0.key), $0.value) }) { $1 }
        folders = Set(folders.map(moved))
    }
}
