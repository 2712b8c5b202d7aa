import EventLog
import Foundation
import Relational
import StateFiles

@testable import Dataflow

/// A folder of state with tiny blocks and next to no cache, and what may happen to state between two epochs.
final class StateBench {
    let folder: StateFolder
    private let path: String
    private var generator: SeededGenerator
    private var unwritten: CircuitCheckpoint?
    private var unread: [@Sendable () -> Void] = []
    /// The runs of each checkpoint, with their checksums.
    private(set) var published: [String] = []

    init(seed: UInt64) throws {
        path = NSTemporaryDirectory() + "state-" + UUID().uuidString
        generator = SeededGenerator(seed: seed ^ 0xBE7C)
        var options = StateOptions(cacheByteLimit: 8 << 10, headroomByteCount: 0)
        options.runOptions.blockByteCount = 128
        options.runOptions.blocksPerPartition = 3
        folder = try StateFolder.open(
            path,
            logID: "test",
            semantics: 1,
            fileSystem: PosixFileSystem(),
            options: options
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Something that has no influence on what is computed.
    func shake(_ circuit: inout Circuit, remake: () throws -> Circuit) throws {
        switch generator.below(8) {
        case 0, 1: try write(circuit)
        case 2:
            // Written later, while the fold goes on.
            if unwritten == nil { unwritten = try circuit.checkpoint() }
        case 3: circuit.setTight(generator.once(in: 2))
        case 4:
            unread += circuit.beginLoading()
        case 5:
            for read in unread { read() }
            unread = []
            if unwritten == nil { try circuit.adoptWritten() }
        case 6:
            try restart(&circuit, remake)
        default: break
        }
    }

    private func write(_ circuit: Circuit) throws {
        if let late = unwritten {
            _ = try late.write(into: folder)
            unwritten = nil
        }
        _ = try circuit.checkpoint().write(into: folder)
        if generator.once(in: 2) { try circuit.adoptWritten() }
    }

    private func restart(_ circuit: inout Circuit, _ remake: () throws -> Circuit) throws {
        if let late = unwritten { _ = try late.write(into: folder) }
        unwritten = nil
        unread = []
        let checkpoint = try circuit.checkpoint()
        var manifest = StateManifest(
            offset: .zero,
            timeline: 1,
            lsn: .zero,
            commitTime: 0,
            writtenAt: 0,
            notes: checkpoint.notes
        )
        manifest.sections = try checkpoint.write(into: folder)
        try folder.publish(manifest)
        published.append("\(manifest.sections)")
        let fresh = try remake()
        guard fresh.fits(manifest) else { throw Misfit() }
        try fresh.restore(manifest, from: folder)
        circuit = fresh
        circuit.setTight(generator.once(in: 2))
    }

    /// A circuit of the same views does not take the checkpoint of one.
    struct Misfit: Error {}
}

/// An arrangement whose rows come into files and back while it is used.
final class ShakenArrangement {
    private(set) var arrangement: Arrangement
    private let bench: StateBench?
    private let isUnique: Bool
    private var generator: SeededGenerator
    private var unwritten: [StatePart] = []
    private var loading: StateLoading?

    init(seed: UInt64, isUnique: Bool, inFiles: Bool) throws {
        generator = SeededGenerator(seed: seed ^ 0xA5A5)
        self.isUnique = isUnique
        bench = inFiles ? try StateBench(seed: seed) : nil
        arrangement = Self.make(isUnique, bench?.folder)
    }

    private static func make(_ isUnique: Bool, _ folder: StateFolder?) -> Arrangement {
        let types: [ScalarType] = [.int8, .text]
        return Arrangement(name: "test", isUnique: isUnique, types: types, stateName: "test", folder: folder)
    }

    /// Between two epochs.
    func shake() throws {
        guard let folder = bench?.folder else { return }
        switch generator.below(7) {
        case 0, 1: try write(folder)
        case 2:
            guard unwritten.isEmpty else { break }
            try arrangement.adopt()
            unwritten = arrangement.handOver()
        case 3: arrangement.isTight = generator.once(in: 2)
        case 4: loading = loading ?? arrangement.beginLoading()
        case 5:
            loading?.run()
            loading = nil
            try arrangement.adopt()
        default:
            try write(folder)
            try arrangement.adopt()
            let (note, runs) = (arrangement.note, arrangement.spine.current.runs)
            arrangement = Self.make(isUnique, folder)
            arrangement.restore(note, runs: [runs])
            arrangement.isTight = generator.once(in: 2)
            loading = nil
        }
    }

    private func write(_ folder: StateFolder) throws {
        for part in unwritten { try part.write(into: folder) }
        unwritten = []
        try arrangement.adopt()
        for part in arrangement.handOver() { try part.write(into: folder) }
        let checkpoint = CircuitCheckpoint(parts: [], spines: [arrangement.spine], notes: [:])
        _ = try checkpoint.write(into: folder)
    }
}
