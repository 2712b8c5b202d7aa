import EventLog
import Foundation
import Logging
import StateFiles
import ViewMaintenance

extension Configuration {
    var memory: MemoryBudget { MemoryBudget(memoryBudget) }

    /// The limits of the folder of state.
    var stateOptions: StateOptions {
        StateOptions(cacheByteLimit: memory.cacheByteMax, byteMax: state.diskLimitBytes.map(Int64.init))
    }
}

extension Installation {
    /// Opens the folder that the running fold's state goes into.
    ///
    /// One that cannot be used is no reason to keep the views waiting: they are folded in memory then, and a warning says so.
    /// - Throws: `StateError.locked` when another process has it.
    func openState(of log: EventLog) throws(StateError) -> Result<StateFolder, StateError> {
        removeScratch()
        return try open(configuration.runsDirectory, of: log, else: "so a restart folds the whole log")
    }

    /// Opens an empty folder for state that has no room in memory, of a fold that nobody goes on with; nil when that cannot be.
    ///
    /// - Throws: `StateError.locked` when another process has it.
    func openScratch(of log: EventLog) throws(StateError) -> StateFolder? {
        removeScratch()
        return try? open(configuration.scratchDirectory, of: log, else: "whatever memory_budget says").get()
    }

    /// Removes what such a fold has left, or one that was killed.
    func removeScratch() { try? FileManager.default.removeItem(atPath: configuration.scratchDirectory) }

    private func open(
        _ path: String,
        of log: EventLog,
        else consequence: String
    ) throws(StateError) -> Result<StateFolder, StateError> {
        // A folder that cannot be made is told by what opens it.
        try? FileManager.default.createDirectory(
            atPath: configuration.stateDirectory,
            withIntermediateDirectories: true
        )
        do throws(StateError) {
            let folder = try StateFolder.open(
                path,
                logID: log.id.description,
                semantics: ViewVersion.semantics,
                options: configuration.stateOptions
            )
            return .success(folder)
        } catch {
            guard error.code != .locked else { throw error }
            logger.warning(
                "the state of the views stays in memory, \(consequence): \(error)",
                metadata: ["hint": "\(error.hint ?? "")"]
            )
            return .failure(error)
        }
    }
}
