import Dataflow
import Foundation
import Relational

/// An arrangement over one sorted file and a staged delta in memory; every read goes through the file.
///
/// Entry: key length, row length (UInt32), weight (Int64), key, row. Not made for speed: it proves that the contract fits runs on disk.
final class FileArrangement: Arrangement {
    struct Entry {
        var key: [UInt8]
        var row: [UInt8]

        static func < (left: Entry, right: Entry) -> Bool {
            left.key == right.key
                ? left.row.lexicographicallyPrecedes(right.row) : left.key.lexicographicallyPrecedes(right.key)
        }
    }

    private struct Place: Hashable {
        var key: [UInt8]
        var row: [UInt8]
    }

    private let path: String
    private let isUnique: Bool
    private var staged: [Place: Int64] = [:]

    init(isUnique: Bool) {
        self.isUnique = isUnique
        path = NSTemporaryDirectory() + "arrangement-" + UUID().uuidString
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static let factory = ArrangementFactory { _, isUnique throws(DataflowError) in FileArrangement(isUnique: isUnique) }

    var rowCount: Int { (try? read(.before).count) ?? -1 }

    var byteCount: Int {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
    }

    // MARK: The file

    private func read(_ cut: Cut) throws(DataflowError) -> [(entry: Entry, weight: Int64)] {
        var weights: [Place: Int64] = cut == .after ? staged : [:]
        var isInRange = true
        let data = FileManager.default.contents(atPath: path) ?? Data()
        data.withUnsafeBytes { bytes in
            var at = 0
            while at < bytes.count {
                let keyCount = Int(bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                let rowCount = Int(bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self))
                let weight = bytes.loadUnaligned(fromByteOffset: at + 8, as: Int64.self)
                let key = Array(bytes[(at + 16)..<(at + 16 + keyCount)])
                at += 16 + keyCount
                let place = Place(key: key, row: Array(bytes[at..<(at + rowCount)]))
                at += rowCount
                let (sum, overflow) = weights[place, default: 0].addingReportingOverflow(weight)
                weights[place] = sum
                isInRange = isInRange && !overflow
            }
        }
        guard isInRange else { throw DataflowError(.weightOverflow, "a row's weight is out of range") }
        return weights.filter { $0.value != 0 }.map { (Entry(key: $0.key.key, row: $0.key.row), $0.value) }
            .sorted { $0.0 < $1.0 }
    }

    private func write(_ entries: [(entry: Entry, weight: Int64)]) throws(DataflowError) {
        var data = Data()
        for (entry, weight) in entries {
            withUnsafeBytes(of: UInt32(entry.key.count)) { data.append(contentsOf: $0) }
            withUnsafeBytes(of: UInt32(entry.row.count)) { data.append(contentsOf: $0) }
            withUnsafeBytes(of: weight) { data.append(contentsOf: $0) }
            data.append(contentsOf: entry.key)
            data.append(contentsOf: entry.row)
        }
        do {
            try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw DataflowError(.storage, "cannot write \(path)", underlying: error)
        }
    }

    // MARK: Arrangement

    func stage(_ delta: borrowing ZSet, keys: borrowing KeyBatch) throws(DataflowError) {
        var touched: Set<Place> = []
        for index in 0..<delta.count where !keys.isNull(at: index) {
            let place = Place(key: Array(keys.bytes(at: index)), row: Array(delta.row(at: index).bytes))
            let (sum, overflow) = staged[place, default: 0].addingReportingOverflow(delta.weight(at: index))
            if overflow { throw DataflowError(.weightOverflow, "a row's weight is out of range") }
            staged[place] = sum
            touched.insert(place)
        }
        let keysTouched = Set(touched.map(\.key))
        var live: [[UInt8]: Int64] = [:]
        var isDuplicate = false
        for (entry, weight) in try read(.after) where keysTouched.contains(entry.key) {
            if weight < 0 { throw DataflowError(.negativeWeight, "a row would be held \(weight) times") }
            live[entry.key, default: 0] += weight
            if live[entry.key, default: 0] > 1 { isDuplicate = true }
        }
        if isUnique && isDuplicate { throw DataflowError(.duplicateKey, "two rows have the same key") }
    }

    func match(
        _ keys: borrowing KeyBatch,
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        let byKey = Dictionary(grouping: try read(cut), by: \.entry.key)
        for index in 0..<keys.count where !keys.isNull(at: index) {
            guard let found = byKey[Array(keys.bytes(at: index))] else { continue }
            try give(found, keyIndex: index, body)
        }
    }

    private func give(
        _ found: [(entry: Entry, weight: Int64)],
        keyIndex: Int,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        var rows = ZSet()
        for (entry, weight) in found {
            entry.row.withUnsafeBytes { bytes in
                // The bytes of an array may lie anywhere; rows are copied to where they may be read.
                let start = rows.slab.count
                rows.slab.append(bytes)
                precondition(start & 7 == 0)
                rows.endRow(start, weight: weight)
            }
        }
        var batch = MatchBatch()
        for index in 0..<rows.count {
            batch.append(keyIndex: keyIndex, row: rows.row(at: index), weight: rows.weight(at: index))
        }
        if batch.count > 0 { try body(batch) }
    }

    func presence(
        of keys: borrowing KeyBatch,
        at cut: Cut,
        into present: inout GrowableBuffer<Bool>
    ) throws(DataflowError) {
        let held = Set(try read(cut).map(\.entry.key))
        for index in 0..<keys.count {
            present.append(!keys.isNull(at: index) && held.contains(Array(keys.bytes(at: index))))
        }
    }

    func weights(
        of rows: borrowing ZSet,
        keys: borrowing KeyBatch,
        at cut: Cut,
        into weights: inout GrowableBuffer<Int64>
    ) throws(DataflowError) {
        var held: [Place: Int64] = [:]
        for (entry, weight) in try read(cut) { held[Place(key: entry.key, row: entry.row)] = weight }
        for index in 0..<rows.count {
            guard !keys.isNull(at: index) else {
                weights.append(0)
                continue
            }
            let place = Place(key: Array(keys.bytes(at: index)), row: Array(rows.row(at: index).bytes))
            weights.append(held[place] ?? 0)
        }
    }

    func forEach(
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        try give(try read(cut), keyIndex: 0, body)
    }

    func seal() throws(DataflowError) {
        guard !staged.isEmpty else { return }
        try write(try read(.after))
        staged = [:]
    }

    func discard() throws(DataflowError) { staged = [:] }
}
