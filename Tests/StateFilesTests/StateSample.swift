import EventLog
import Relational
import TestSupport

@testable import StateFiles

/// Entries that tests write, and folders that they open.
enum StateSample {
    static let directory = "/data/state"
    static let logID = "6f3c2a52-7f0e-4b0c-9d5b-0d3a8f6f1c11"
    static let semantics = 3
    static let options = StateOptions(
        runOptions: RunOptions(blockByteCount: 64, blocksPerPartition: 2, filterBitsPerKey: 8),
        cacheByteLimit: 4096,
        headroomByteCount: 0
    )

    /// A disk with the folder above the one of state.
    static func disk() throws -> FaultyFileSystem {
        let fileSystem = FaultyFileSystem()
        _ = try fileSystem.createDirectory("/data")
        try fileSystem.synchronizeDirectory("/")
        return fileSystem
    }

    static func open(
        _ fileSystem: any FileSystem,
        logID: String = logID,
        semantics: Int = semantics,
        options: StateOptions = options
    ) throws -> StateFolder {
        try StateFolder.open(
            directory,
            logID: logID,
            semantics: semantics,
            fileSystem: fileSystem,
            options: options
        )
    }

    static func openReadOnly(_ fileSystem: any FileSystem) throws -> StateFolder {
        try StateFolder.openReadOnly(
            directory,
            logID: logID,
            semantics: semantics,
            fileSystem: fileSystem,
            options: options
        )
    }

    /// A run with the numbers of a range, each as key and payload.
    static func write(_ numbers: Range<Int>, in folder: StateFolder, weight: Int64 = 1) throws -> Run {
        var batch = EntryBatch()
        for number in numbers { batch.append(key(number), "\(number)", weight) }
        guard let run = try folder.write(batch, rule: .sum) else { throw StateError(.io, "nothing was written") }
        return run
    }

    static func key(_ number: Int) -> String { "key \(String(number, radix: 36))" }

    static func manifest(_ runs: [Run], offset: Int64 = 7) -> StateManifest {
        StateManifest(
            offset: Offset(offset),
            timeline: 1,
            lsn: LSN(0x1_2345_6789),
            commitTime: -5,
            writtenAt: 812_345_678_901_234,
            sections: [StateManifest.Section(name: "orders", rule: .sum, runs: runs.map(\.reference))],
            notes: ["plan": [0, 255, 16], "none": []]
        )
    }

    /// A folder with two manifests: of a first run, and of it with a second one.
    static func twoManifests(_ fileSystem: any FileSystem) throws -> (runs: [Run], manifests: [StateManifest]) {
        let folder = try open(fileSystem)
        let first = try write(0..<20, in: folder)
        let elder = try folder.publish(manifest([first], offset: 7))
        let second = try write(20..<30, in: folder)
        let newer = try folder.publish(manifest([first, second], offset: 9))
        return ([first, second], [newer, elder])
    }
}

extension EntryBatch {
    mutating func append(_ key: String, _ payload: String, _ weight: Int64) {
        Array(key.utf8).withUnsafeBytes { key in
            Array(payload.utf8).withUnsafeBytes { append(key: key, payload: $0, weight: weight) }
        }
    }
}
