import Foundation
import SQLiteStore
import TestSupport
import ViewStores

/// A database file in a folder of its own, gone with this value.
final class SQLitePlace: StorePlace {
    let folder: String
    let options: SQLiteStore.Options

    init(options: SQLiteStore.Options = .init(busyTimeout: .milliseconds(200))) throws {
        folder = NSTemporaryDirectory() + "leftfold-store-" + UUID().uuidString
        self.options = options
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var path: String { folder + "/views.db" }

    func open() throws -> any ViewStore { try SQLiteStore(path: path, options: options) }

    /// The file and its write-ahead log, as a killed process leaves them; the shared memory is gone with the processes.
    func copy() throws -> (any StorePlace)? {
        let place = try SQLitePlace(options: options)
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: place.path + suffix)
        }
        return place
    }
}
