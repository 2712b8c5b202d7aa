@testable import LeftfoldCLI

/// Reads a text as `/etc/app/leftfold.yaml`, without touching the file system.
func readConfiguration(
    _ yaml: String,
    environment: [String: String] = [:],
    support: ConfigurationSupport = .current
) throws(ConfigurationError) -> Configuration {
    let root = try ConfigurationNode.parse(yaml: yaml, path: "leftfold.yaml", environment: environment)
    var reader = ConfigurationReader(directory: "/etc/app", home: "/home/ada", support: support)
    return try reader.read(root)
}

/// The only kind of source there is.
func postgres(_ configuration: Configuration) -> PostgresSourceConfiguration {
    switch configuration.source {
    case .postgres(let source): source
    }
}

/// What is wrong with a text, one line per problem; empty when nothing is.
func configurationProblems(
    _ yaml: String,
    environment: [String: String] = [:],
    support: ConfigurationSupport = .current
) -> [String] {
    do {
        _ = try readConfiguration(yaml, environment: environment, support: support)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// What has to be there.
let leastConfiguration = """
    source:
      postgres:
        url: postgres://localhost/shop
        tables: [public.orders]
    """
