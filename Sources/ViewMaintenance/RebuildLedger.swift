public import EventLog
import Foundation
import Synchronization

/// The rebuild that is not finished, as a file: `rebuild.json` in the state folder, gone when there is none.
///
/// Replaced as a whole: written beside, synced, renamed, and the folder synced. Written by the one process that holds the log.
public struct RebuildLedger: Sendable {
    private static let name = "rebuild.json"

    private let directory: String
    private let fileSystem: any FileSystem

    /// `directory` is made when it is missing; its parent must be there.
    public init(directory: String, fileSystem: any FileSystem = PosixFileSystem()) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    /// Where it is.
    public var path: String { "\(directory)/\(Self.name)" }

    /// - Throws: when the file cannot be read, or is none of ours.
    public func read() throws(MaintenanceError) -> UnfinishedRebuild? {
        let bytes: Data
        do throws(LogError) {
            guard try fileSystem.list(directory)?.contains(Self.name) == true else { return nil }
            let file = try fileSystem.open(path, .read)
            bytes = Data(try file.bytes(Int(clamping: file.byteCount())))
        } catch {
            throw failure("cannot be read", error.message)
        }
        do {
            return try JSONDecoder().decode(UnfinishedRebuild.self, from: bytes)
        } catch {
            throw failure("is not the note of a rebuild", nil)
        }
    }

    /// Durable on return.
    func write(_ note: UnfinishedRebuild) throws(MaintenanceError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let bytes = try encoder.encode(note)
            if try fileSystem.createDirectory(directory) {
                try fileSystem.synchronizeDirectory((directory as NSString).deletingLastPathComponent)
            }
            let file = try fileSystem.open(path + ".tmp", .create)
            try bytes.withUnsafeBytes { try file.write($0, at: 0) }
            try file.synchronize()
            // Commit point: until this rename is durable, the note before it (or none) is in force.
            try fileSystem.rename(path + ".tmp", to: path)
            try fileSystem.synchronizeDirectory(directory)
        } catch {
            throw failure("cannot be written", (error as? LogError)?.message ?? "\(error)")
        }
    }

    /// Durable on return; nothing when there is no note.
    public func remove() throws(MaintenanceError) {
        do throws(LogError) {
            guard try fileSystem.list(directory)?.contains(Self.name) == true else { return }
            try fileSystem.remove(path)
            try fileSystem.synchronizeDirectory(directory)
        } catch {
            throw failure("cannot be removed", error.message)
        }
    }

    private func failure(_ what: String, _ detail: String?) -> MaintenanceError {
        MaintenanceError(
            .refused,
            "\(path) \(what)",
            detail: detail,
            hint: "give the rebuild up: leftfold rebuild --cancel"
        )
    }
}

extension LogFile {
    /// The first bytes of the file, as many as it has.
    fileprivate func bytes(_ count: Int) throws(LogError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var failure: LogError?
        let read = bytes.withUnsafeMutableBytes { buffer in
            do throws(LogError) {
                return try self.read(into: buffer, at: 0)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return Array(bytes.prefix(read))
    }
}

extension StatusBoard {
    /// The rebuild that is not finished.
    public var rebuild: UnfinishedRebuild? { state.withLock { $0.rebuild } }

    /// Shows the rebuild that is not finished; nil for none.
    func show(_ rebuild: UnfinishedRebuild?) { state.withLock { $0.rebuild = rebuild } }
}
