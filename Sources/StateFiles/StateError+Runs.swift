extension StateError {
    static let damageHint = "run leftfold state check; leftfold state drop has state made again from the log"

    /// Bytes of a run are not what was written.
    static func damaged(_ what: String, at byteOffset: Int64, path: String) -> StateError {
        StateError(
            .corrupt,
            "damaged state run: \(what) at byte \(byteOffset)",
            hint: damageHint,
            path: path
        )
    }

    /// The sum of an entry's weights does not fit Int64.
    static func weightOverflow(path: String?) -> StateError {
        StateError(.corrupt, "weights out of range", hint: damageHint, path: path)
    }
}
