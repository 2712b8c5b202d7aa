/// What folders of state say, each with the next command.
extension StateError {
    static let dropHint = "run leftfold state drop; the state is made again from the log"

    static func damagedManifest(_ message: String, _ path: String) -> StateError {
        StateError(.corrupt, message, hint: damageHint, path: path)
    }

    static func newerManifest(_ version: Int, _ path: String) -> StateError {
        StateError(
            .newerFormat,
            "a manifest of state was written by a newer version of leftfold",
            detail: "it has format \(version), this version reads up to \(StateManifest.version)",
            hint: "use a version of leftfold that is at least as new, or \(dropHint)",
            path: path
        )
    }

    static func foreign(_ manifest: StateManifest, logID: String, _ path: String) -> StateError {
        StateError(
            .foreign,
            "the state was made from another log",
            detail: "it was made from log \(manifest.logID), the log here is \(logID)",
            hint: dropHint,
            path: path
        )
    }

    static func otherSemantics(_ manifest: StateManifest, semantics: Int, _ path: String) -> StateError {
        StateError(
            .otherSemantics,
            "the state was made by other rules of evaluation",
            detail: "it was made by version \(manifest.semantics) of the rules, this program has version \(semantics)",
            hint: dropHint,
            path: path
        )
    }

    /// A manifest that names a run that is not there or not whole.
    static func unusable(_ number: UInt64, _ error: StateError) -> StateError {
        StateError(
            error.code,
            "\(StateNames.manifest(number)) names a run that cannot be used: \(error.message)",
            detail: error.detail,
            hint: damageHint,
            path: error.path
        )
    }

    static func missing(_ id: UInt64, in directory: String) -> StateError {
        StateError(
            .notFound,
            "a run of state is missing",
            hint: damageHint,
            path: "\(directory)/\(StateNames.run(id))"
        )
    }

    static func locked(by holder: String?, _ path: String) -> StateError {
        StateError(
            .locked,
            "the state is in use by \(holder.map { "process \($0)" } ?? "another process")",
            hint: "stop that process, then try again; leftfold state stat and leftfold state check work beside it",
            path: path
        )
    }

    static func readOnly(_ path: String) -> StateError {
        StateError(
            .io,
            "the state is open for reading only",
            hint: "stop the daemon, then run leftfold state drop",
            path: path
        )
    }

    /// The limit of the settings is reached.
    static func overMax(_ used: Int64, needing needed: Int64, byteMax: Int64, in directory: String) -> StateError {
        StateError(
            .diskFull,
            "the state may not take more: it has \(used >> 10) kB, \(needed >> 10) kB wait to be written and the limit is \(byteMax >> 10) kB",
            hint: "raise state.disk in leftfold.yaml, or drop views",
            path: directory
        )
    }

    /// So little is left that it is kept for the log and for those who free space.
    static func lowSpace(_ free: Int64, needing needed: Int64, headroom: Int64, in directory: String) -> StateError {
        StateError(
            .diskFull,
            "no space for state: \(free >> 10) kB are free, \(needed >> 10) kB wait to be written and \(headroom >> 10) kB are kept free",
            hint: "free space on the device of \(directory); a daemon that runs goes on by itself",
            path: directory
        )
    }
}
