import EventLog
import Relational
import Synchronization
import TestSupport
import Testing

/// One call that makes something durable; leaving it out must show.
enum SyncSite: String, CaseIterable, Sendable {
    case flushedFrames, newSegment, newSegmentName, firstSegmentName, manifest, manifestName, recoveredFrames
    case recoveredNames, createdFolder, folderAboveKilledCreation, folderOfKilledCreation

    /// Whether a sync is this site's; `before` is the path of the sync before it since the last crash.
    func matches(
        _ phase: LogWorkload.Phase,
        _ kind: FaultyFileSystem.SyncKind,
        _ path: String,
        before: String?
    ) -> Bool {
        let log = LogWorkload.directory
        return switch self {
        case .flushedFrames: kind == .data && path.hasSuffix(".seg")
        case .newSegment: kind == .file && path.hasSuffix(".seg.tmp")
        case .newSegmentName: kind == .directory && path == log && phase == .running
        case .firstSegmentName: kind == .directory && path == log && phase == .creating
        case .manifest: kind == .file && path.hasSuffix("MANIFEST.tmp")
        case .manifestName: kind == .directory && path == log && phase == .following
        case .recoveredFrames: kind == .file && path.hasSuffix(".seg") && phase == .opening
        case .recoveredNames: kind == .directory && path == log && phase == .opening
        case .createdFolder: kind == .directory && path == "/data" && before == "/"
        case .folderAboveKilledCreation: kind == .directory && path == "/data" && before == nil
        case .folderOfKilledCreation: kind == .directory && path == "/data/deep" && before == log
        }
    }
}

/// The path of the last sync.
final class LastPath: Sendable {
    private let path = Mutex<String?>(nil)

    func replace(by next: String?) -> String? {
        path.withLock { path in
            defer { path = next }
            return path
        }
    }
}

/// Runs a workload, stops it at a step, loses what the crash loses, goes on, and loses power once more.
enum CrashRun {
    static let stepCount = 40

    /// The changing calls of a whole run without a stop.
    static func callCount(seed: UInt64) throws -> Int {
        let workload = LogWorkload(seed: seed, fileSystem: FaultyFileSystem())
        for _ in 0..<stepCount { try workload.step() }
        return workload.fileSystem.stepCount
    }

    static func run(
        seed: UInt64,
        stopAt stop: Int,
        _ survival: FaultyFileSystem.Survival,
        leavingOut site: SyncSite? = nil,
        failingSync: Int? = nil
    ) throws {
        let fileSystem = FaultyFileSystem()
        let phase = LogWorkload.PhaseBox()
        let before = LastPath()
        if let site {
            fileSystem.leaveOut { kind, path in
                site.matches(phase.value, kind, path, before: before.replace(by: path))
            }
        }
        if let failingSync { fileSystem.failSync(failingSync) }
        let workload = LogWorkload(seed: seed, fileSystem: fileSystem, phase: phase)
        fileSystem.stop(atStep: stop)
        do {
            for _ in 0..<stepCount { try workload.step() }
        } catch let error as LogError {
            if !fileSystem.isStopped, failingSync == nil { throw error }
        }
        fileSystem.crash(survival)
        _ = before.replace(by: nil)
        try workload.reopen()
        for _ in 0..<stepCount / 2 { try workload.step() }
        fileSystem.crash(.nothing)
        try workload.reopen()
    }

    static func survivals(_ seed: UInt64) -> [FaultyFileSystem.Survival] {
        [.everything, .nothing, .random(seed: seed), .random(seed: seed &+ 1000)]
    }
}

@Suite struct CrashTests {
    @Test(arguments: UInt64(0)..<4)
    func `a crash at any call loses nothing confirmed and brings nothing back`(seed: UInt64) throws {
        for stop in 0..<(try CrashRun.callCount(seed: seed)) {
            for survival in CrashRun.survivals(UInt64(stop)) {
                do {
                    try CrashRun.run(seed: seed, stopAt: stop, survival)
                } catch {
                    Issue.record("seed \(seed), stopped at call \(stop), \(survival): \(error)")
                    return
                }
            }
        }
    }

    @Test(arguments: SyncSite.allCases)
    func `leaving out any sync breaks the promise`(site: SyncSite) throws {
        for seed in UInt64(0)..<12 {
            for stop in 0..<(try CrashRun.callCount(seed: seed)) {
                for survival in CrashRun.survivals(UInt64(stop)) {
                    do {
                        try CrashRun.run(seed: seed, stopAt: stop, survival, leavingOut: site)
                    } catch {
                        return
                    }
                }
            }
        }
        Issue.record("no crash shows that the sync of \(site) is missing")
    }

    @Test(arguments: UInt64(0)..<3)
    func `a sync that failed is never taken for done`(seed: UInt64) throws {
        for failing in 0..<30 {
            for survival in [FaultyFileSystem.Survival.everything, .nothing] {
                do {
                    try CrashRun.run(seed: seed, stopAt: .max / 2, survival, failingSync: failing)
                } catch {
                    Issue.record("seed \(seed), failing sync \(failing), \(survival): \(error)")
                    return
                }
            }
        }
    }
}
