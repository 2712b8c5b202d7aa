import EventLog
import Relational
import TestSupport

/// A place in memory for a `MemoryLog`, and all that can go wrong there: each call is a step that happens wholly or not at all.
final class MemoryFixture: LogFixture, LogFaults {
    let defect: MemoryLog.Defect?
    private var medium = MemoryMedium()
    private(set) var callCount = 0
    private(set) var allocationCount = 0
    private(set) var isStopped = false
    private(set) var isFull = false
    private var stopCall: Int?
    private var fillAllocation: Int?

    init(defect: MemoryLog.Defect? = nil) { self.defect = defect }

    var isCompacting: Bool { true }

    var faults: (any LogFaults)? { self }

    func open() throws -> MemoryLog {
        try checkRunning()
        if defect == .losesPosition, medium.units.isEmpty { medium.frontier.source = .none }
        return MemoryLog(medium, host: self)
    }

    func checkRunning() throws(LogError) {
        if isStopped { throw LogError(.io, "the process was stopped") }
    }

    /// One call to the medium.
    func call(needsSpace: Bool) throws(LogError) {
        try checkRunning()
        defer { callCount += 1 }
        if callCount == stopCall {
            stopCall = nil
            isStopped = true
            try checkRunning()
        }
        guard needsSpace else { return }
        defer { allocationCount += 1 }
        if allocationCount == fillAllocation {
            fillAllocation = nil
            isFull = true
        }
        if isFull { throw LogError(.diskFull, "no space left", hint: "free some") }
    }

    func stop(atCall call: Int) { stopCall = callCount + call }

    func crash(seed: UInt64) {
        isStopped = false
        stopCall = nil
    }

    func fill(atAllocation allocation: Int) { fillAllocation = allocationCount + allocation }

    func free() {
        isFull = false
        fillAllocation = nil
    }
}

extension LogConformance where Fixture == MemoryFixture, Reader == MemoryLogReader {
    /// The suite over logs in memory, with a rule left out.
    static func inMemory(_ defect: MemoryLog.Defect? = nil) -> Self {
        LogConformance(reading: MemoryLogReader.self) { _ in MemoryFixture(defect: defect) }
    }
}
