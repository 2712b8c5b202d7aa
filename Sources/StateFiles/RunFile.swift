public import EventLog
internal import Relational

/// Making, merging, opening and checking the files of runs. `docs/state-format.md` has every byte.
public enum RunFile {
    /// Sorts and consolidates a batch and makes it a durable file; the folder makes the name durable. Nil when no entry is left.
    ///
    /// Under `sum` equal entries add up and drop out at 0; under `replace` the last one of a key counts.
    ///
    /// - Throws: what the file system says, and `corrupt` when weights are out of range; nothing is left of the file then.
    public static func write(
        _ batch: borrowing EntryBatch,
        rule: MergeRule,
        id: UInt64,
        seed: UInt32,
        in directory: String,
        fileSystem: any FileSystem,
        options: RunOptions
    ) throws(StateError) -> Run? {
        let path = "\(directory)/\(name(id))"
        var writer = RunWriter(fileSystem, path: path, id: id, rule: rule, seed: seed, options: options)
        do throws(StateError) {
            try append(batch, rule: rule, to: &writer)
            return try writer.finish()
        } catch {
            remove(path, writer.wasOpened, fileSystem)
            throw error
        }
    }

    /// Merges runs, oldest first and all of one rule, into one in a single pass and bounded memory; nil when no entry is left.
    ///
    /// `isWhole`: there is no elder run, so that entries which take keys away under `replace` have done their work.
    ///
    /// - Throws: as `write`, and `corrupt` for damage in the runs.
    public static func merge(
        _ runs: [Run],
        isWhole: Bool,
        id: UInt64,
        seed: UInt32,
        in directory: String,
        fileSystem: any FileSystem,
        options: RunOptions
    ) throws(StateError) -> Run? {
        guard let rule = runs.first?.rule else { return nil }
        precondition(runs.allSatisfy { $0.rule == rule }, "runs of one rule are merged together")
        let path = "\(directory)/\(name(id))"
        var writer = RunWriter(fileSystem, path: path, id: id, rule: rule, seed: seed, options: options)
        do throws(StateError) {
            var merge = RunMerge(runs, rule: rule, tellsRemovals: !isWhole, cache: nil)
            try merge.begin(prefix: nil)
            while try merge.next() {
                try writer.append(key: merge.key, payload: merge.payload, weight: merge.weight)
            }
            return try writer.finish()
        } catch {
            remove(path, writer.wasOpened, fileSystem)
            throw error
        }
    }

    /// Opens a run that a manifest names; reads its two ends only.
    ///
    /// - Throws: `notFound`, `corrupt` (also when it is cut off), `foreign`, `newerFormat`, `io`, with the file's path.
    public static func open(
        _ reference: RunReference,
        rule: MergeRule,
        seed: UInt32,
        in directory: String,
        fileSystem: any FileSystem
    ) throws(StateError) -> Run {
        let path = "\(directory)/\(name(reference.id))"
        let file: any LogFile
        do throws(LogError) { file = try fileSystem.open(path, .read) } catch { throw StateError(error, path: path) }
        let (layout, top) = try Run.readEnds(file, reference, rule: rule, seed: seed, path: path)
        return Run(file, reference: reference, rule: rule, path: path, seed: seed, layout: layout, top: top)
    }

    /// The name of a run's file.
    static func name(_ id: UInt64) -> String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits + ".run"
    }

    /// Adds the batch's entries in order, equal ones as one.
    private static func append(
        _ batch: borrowing EntryBatch,
        rule: MergeRule,
        to writer: inout RunWriter
    ) throws(StateError) {
        let order = EntryOrder(batch, rule: rule)
        var window = EntryWindow()
        var place = 0
        while place < batch.count {
            window.reach(place, order, batch)
            var weight = window[place].weight
            while place + 1 < batch.count, isSame(window[place], window[place + 1], rule) {
                place += 1
                window.reach(place, order, batch)
                if rule == .replace {
                    weight = window[place].weight
                    continue
                }
                let (sum, overflow) = weight.addingReportingOverflow(window[place].weight)
                if overflow { throw .weightOverflow(path: nil) }
                weight = sum
            }
            let entry = window[place]
            place += 1
            if weight == 0, rule == .sum { continue }
            try writer.append(key: entry.key, payload: entry.payload, weight: weight)
        }
    }

    @inline(__always)
    private static func isSame(_ left: EntryWindow.Entry, _ right: EntryWindow.Entry, _ rule: MergeRule) -> Bool {
        guard left.keyCount == right.keyCount, KeyOrder.compare(left.key, right.key) == 0 else { return false }
        return rule == .replace || KeyOrder.compare(left.payload, right.payload) == 0
    }

    /// What was written of a run that could not be finished; a file that stays nevertheless is in no manifest and goes with the next
    /// cleaning.
    private static func remove(_ path: String, _ exists: Bool, _ fileSystem: any FileSystem) {
        if exists { try? fileSystem.remove(path) }
    }
}
