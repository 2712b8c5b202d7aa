import Foundation
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file system of its own, of some megabytes of memory, mounted on a folder; for those who may mount.
final class SmallDisk: Sendable {
    /// Whether this user may mount one here.
    static let isAllowed: Bool = {
        let folder = NSTemporaryDirectory() + "leftfold-mount-" + UUID().uuidString
        defer { rmdir(folder) }
        guard (try? SmallDisk(at: folder, megabytes: 1)) != nil else { return false }
        return true
    }()

    struct Refusal: Error {
        var command: [String]
    }

    let path: String
    private var fillerPath: String { path + "/filler" }

    /// Makes the folder and mounts the disk on it.
    init(at path: String, megabytes: Int) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0700", "tmpfs", path)
    }

    deinit { unmount() }

    /// Whoever still has files open on it keeps them; the folder is empty.
    func unmount() { try? Self.run("umount", "--lazy", path) }

    func remount(_ option: String) throws { try Self.run("mount", "-o", "remount,\(option)", path) }

    /// Takes all space but this; again when somebody has written between looking and taking.
    func fill(leaving bytes: Int) throws {
        for attempt in 1...50 {
            do {
                return try takeAll(but: bytes)
            } catch {
                guard attempt < 50 else { throw error }
                usleep(10_000)
            }
        }
    }

    private func takeAll(but bytes: Int) throws {
        free()
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw Refusal(command: ["statvfs", path]) }
        let taken = Int(status.f_bavail) * Int(status.f_frsize) - bytes
        try Self.run("fallocate", "--length", "\(taken)", fillerPath)
    }

    func free() { unlink(fillerPath) }

    private static func run(_ command: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw Refusal(command: command)
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Refusal(command: command) }
    }
}
