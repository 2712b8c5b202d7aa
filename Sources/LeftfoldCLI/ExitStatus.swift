import ArgumentParser
import EventLog
import Foundation
import PostgresClient
import PostgresSource
import SQLiteDatabase
import StateFiles
import ViewMaintenance
import ViewSQL
import ViewStores

/// The exit codes of every command.
enum ExitStatus: Int32 {
    case fine = 0
    /// `doctor`, `verify`, `log check` or `wait` found a problem.
    case foundProblem = 1
    /// Usage or configuration.
    case usage = 2
    case cannotReachServer = 3
    /// The log, a store or a view.
    case dataError = 4
}

/// A command's failure: what, where, and the next command.
struct CommandFailure: Error {
    var status: ExitStatus
    var message: String
    var detail: String?
    var hint: String?

    /// The message, which names the store that it is of.
    func message(namingStore store: String) -> String {
        message.hasPrefix("store \(store): ") ? message : "store \(store): \(message)"
    }

    init(_ status: ExitStatus, _ message: String, detail: String? = nil, hint: String? = nil) {
        self.status = status
        self.message = message
        self.detail = detail
        self.hint = hint
    }
}

extension CommandFailure {
    /// The same error in the command line's words, for errors of our modules.
    init?(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as ConfigurationError:
            self.init(.usage, error.problems.map(\.description).joined(separator: "\n"), hint: error.hint)
        case let error as LogError:
            let place = error.place.map { "\($0)" }
            let detail = [error.detail, place].compactMap(\.self).joined(separator: "\n")
            self.init(.dataError, error.message, detail: detail.isEmpty ? nil : detail, hint: error.hint)
        case let error as PostgresError:
            self.init(error.exitStatus, error.message, detail: error.detail, hint: error.hint)
        case let error as SourceError:
            self.init(error.exitStatus, error.message, detail: error.detail, hint: error.hint)
        case let error as StateError:
            let detail = [error.detail, error.path].compactMap(\.self).joined(separator: "\n")
            self.init(.dataError, error.message, detail: detail.isEmpty ? nil : detail, hint: error.hint)
        case let error as StoreError:
            self.init(.dataError, error.message, detail: error.detail, hint: error.hint)
        case let error as SQLiteError: self.init(.dataError, error.message, detail: error.path, hint: nil)
        case let error as MaintenanceError:
            self.init(error.exitStatus, error.message, detail: error.detail, hint: error.hint)
        case let error as ViewFailure: self.init(.usage, error.failure.message, hint: error.failure.hint)
        case let error as ViewSQLError: self.init(.usage, error.description)
        default: return nil
        }
    }
}

extension PostgresError {
    fileprivate var exitStatus: ExitStatus {
        switch code {
        case .cannotConnect, .authentication, .missingDatabase, .connectionLost: .cannotReachServer
        case .insufficientPrivilege: .usage
        default: .dataError
        }
    }
}

extension SourceError {
    fileprivate var exitStatus: ExitStatus {
        switch code {
        case .creationRefused, .publicationMissing, .tableMissing, .tableUnsupported, .tableNotInLog, .serverSetting,
            .slotNotOurs:
            .usage
        default: .dataError
        }
    }
}

extension MaintenanceError {
    fileprivate var exitStatus: ExitStatus {
        switch code {
        case .definition, .refused, .unknownName: .usage
        case .timeout: .foundProblem
        case .unreachable: .cannotReachServer
        default: .dataError
        }
    }
}

/// Ends a command with a status when everything was already said.
struct QuietExit: Error {
    var status: ExitStatus
}

extension ExitStatus {
    /// Prints an error to standard error (help to standard output) and returns the code to exit with.
    static func report(_ error: any Error) -> ExitStatus {
        if let quiet = error as? QuietExit { return quiet.status }
        if let failure = CommandFailure(error) {
            var text = "leftfold: \(failure.message)\n"
            if let detail = failure.detail { text += "  \(detail.replacing("\n", with: "\n  "))\n" }
            if let hint = failure.hint { text += "  hint: \(hint.replacing("\n", with: "\n  "))\n" }
            StandardError.write(text)
            return failure.status
        }
        let code = Leftfold.exitCode(for: error)
        let message = Leftfold.fullMessage(for: error)
        if code.isSuccess {
            print(message)
            return .fine
        }
        StandardError.write(message + "\n")
        return code == ExitCode.validationFailure ? .usage : .dataError
    }
}

/// Standard output, unbuffered: for lines that somebody follows.
enum StandardOutput {
    static func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}

/// Standard error, unbuffered.
enum StandardError {
    static func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
