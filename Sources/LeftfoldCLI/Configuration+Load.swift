import Foundation

extension Configuration {
    /// Where the file is looked for unless `--config` says otherwise.
    static let defaultPath = "./leftfold.yaml"

    /// Reads the file, lets the environment and then the flags override it, and checks the whole.
    ///
    /// Without `path` the file may be absent, as long as the rest says what the source is. Relative paths count from the file's
    /// folder, or from `workingDirectory` when there is no file.
    static func load(
        path: String? = nil,
        flags: [ConfigurationKey: String] = [:],
        environment: [String: String] = ProcessInfo.processInfo.environment,
        workingDirectory: String = FileManager.default.currentDirectoryPath,
        support: ConfigurationSupport = .current
    ) throws(ConfigurationError) -> Configuration {
        let shown = path ?? defaultPath
        let absolute = resolve(shown, against: workingDirectory, home: environment["HOME"])
        var root: ConfigurationNode
        if let text = try readFile(absolute, shown: shown) {
            root = try ConfigurationNode.parse(yaml: text, path: trimmed(shown), environment: environment)
        } else if path == nil, hasSource(flags: flags, environment: environment) {
            root = ConfigurationNode(.empty, at: .file(trimmed(shown)))
        } else {
            throw ConfigurationError([.init(.file(shown), "no such file")], hint: "leftfold init")
        }
        try applyOverrides(to: &root, flags: flags, environment: environment)
        var reader = ConfigurationReader(
            directory: directory(of: absolute),
            home: environment["HOME"],
            support: support
        )
        return try reader.read(root)
    }

    /// Environment first, so that flags win.
    private static func applyOverrides(
        to root: inout ConfigurationNode,
        flags: [ConfigurationKey: String],
        environment: [String: String]
    ) throws(ConfigurationError) {
        try refuseUnknownVariables(in: environment)
        for key in ConfigurationKey.allCases {
            if let value = environment[key.environmentName] {
                root.override(key.path[...], with: node(value, of: key, at: .environment(key.environmentName)))
            }
            if let value = flags[key] {
                root.override(key.path[...], with: node(value, of: key, at: .flag(key.flag)))
            }
        }
    }

    private static func node(
        _ value: String,
        of key: ConfigurationKey,
        at place: ConfigurationPlace
    ) -> ConfigurationNode {
        if value.isEmpty { return ConfigurationNode(.empty, at: place) }
        guard key.isList else { return ConfigurationNode(.scalar(value), at: place) }
        let items = value.split(separator: ",", omittingEmptySubsequences: false)
        return ConfigurationNode(
            .list(items.map { ConfigurationNode(.scalar($0.trimmingCharacters(in: .whitespaces)), at: place) }),
            at: place
        )
    }

    /// A misspelt variable would otherwise be silently without effect.
    private static func refuseUnknownVariables(in environment: [String: String]) throws(ConfigurationError) {
        let known = ConfigurationKey.allCases.map(\.environmentName)
        let problems = environment.keys.sorted().compactMap { name -> ConfigurationProblem? in
            guard name.hasPrefix(ConfigurationKey.environmentPrefix), !known.contains(name),
                !foreignPrefixes.contains(where: name.hasPrefix)
            else { return nil }
            return ConfigurationProblem(
                .environment(name),
                "sets nothing that Leftfold knows",
                hint: suggestion(for: name, among: known)
            )
        }
        guard problems.isEmpty else { throw ConfigurationError(problems, hint: "unset it, then run the command again") }
    }

    /// Variables of the test suites and benchmarks, which are not settings.
    private static let foreignPrefixes = ["LEFTFOLD_TEST_", "LEFTFOLD_BENCH_"]

    private static func hasSource(flags: [ConfigurationKey: String], environment: [String: String]) -> Bool {
        flags[.sourcePostgresURL] != nil || environment[ConfigurationKey.sourcePostgresURL.environmentName] != nil
    }

    /// The text of a file, or nil when there is none.
    private static func readFile(_ path: String, shown: String) throws(ConfigurationError) -> String? {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return nil }
        guard !isDirectory.boolValue else {
            throw ConfigurationError([.init(.file(shown), "a folder, not a file")], hint: "leftfold --config FILE")
        }
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw ConfigurationError([.init(.file(shown), "cannot be read: \(error.localizedDescription)")])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError([.init(.file(shown), "not valid UTF-8")])
        }
        return text
    }

    private static func trimmed(_ path: String) -> String { path.hasPrefix("./") ? String(path.dropFirst(2)) : path }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The absolute form of a path: `~/` is the home folder, `.` is dropped, `..` stays for the file system.
    static func resolve(_ path: String, against directory: String, home: String?) -> String {
        let full: String
        if path.hasPrefix("/") {
            full = path
        } else if path.hasPrefix("~/"), let home {
            full = home + path.dropFirst(1)
        } else {
            full = directory + "/" + path
        }
        return "/" + full.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
