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
        // A folder that cannot be made is told by what opens it.
        try? FileManager.default.createDirectory(
            atPath: configuration.stateDirectory,
            withIntermediateDirectories: true
        )
        do throws(StateError) {
            let folder = try StateFolder.open(
                configuration.runsDirectory,
                logID: log.id.description,
                semantics: ViewVersion.semantics,
                options: configuration.stateOptions
            )
            return .success(folder)
        } catch {
            guard error.code != .locked else { throw error }
            logger.warning(
                "the state of the views stays in memory, so a restart folds the whole log: \(error)",
                metadata: ["hint": "\(error.hint ?? "")"]
            )
            return .failure(error)
        }
    }
}
