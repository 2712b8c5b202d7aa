internal import EventLog

extension StateError {
    /// What the file system said of a file of state.
    init(_ error: LogError, path: String) {
        let code: Code =
            switch error.code {
            case .diskFull: .diskFull
            case .locked: .locked
            case .notFound: .notFound
            case .corrupt: .corrupt
            case .foreign: .foreign
            case .newerFormat: .newerFormat
            default: .io
            }
        self.init(code, error.message, detail: error.detail, hint: error.hint, path: error.place?.path ?? path)
    }
}
