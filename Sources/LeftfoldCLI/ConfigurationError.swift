/// Why a configuration cannot be used: every problem found, each with its place.
struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the process exits with: usage or configuration.
    static let exitCode: Int32 = 2

    /// Never empty; in the order of the file.
    var problems: [ConfigurationProblem]
    /// The next command to run.
    var hint: String?

    init(_ problems: [ConfigurationProblem], hint: String? = nil) {
        self.problems = problems
        self.hint = hint
    }

    /// One line per problem, then the hint; never holds a value that may be a secret.
    var description: String {
        let lines = problems.map(\.description)
        return (lines + (hint.map { ["next: \($0)"] } ?? [])).joined(separator: "\n")
    }
}

/// One thing that is wrong with a configuration.
struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where the value was given.
    var place: ConfigurationPlace
    /// Postgres style: lower-case, no period.
    var message: String
    /// What to write instead.
    var hint: String?

    init(_ place: ConfigurationPlace, _ message: String, hint: String? = nil) {
        self.place = place
        self.message = message
        self.hint = hint
    }

    var description: String { "\(place): \(message)" + (hint.map { "; \($0)" } ?? "") }
}

/// Where a setting was given.
enum ConfigurationPlace: Hashable, Sendable, CustomStringConvertible {
    case file(String)
    /// Line and column count from 1.
    case line(String, line: Int, column: Int)
    case environment(String)
    case flag(String)

    var description: String {
        switch self {
        case .file(let path): path
        case .line(let path, let line, let column): "\(path):\(line):\(column)"
        case .environment(let name): "environment variable \(name)"
        case .flag(let name): "flag \(name)"
        }
    }
}
