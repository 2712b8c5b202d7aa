import Yams

extension ConfigurationNode {
    /// More than any honest configuration; keeps hostile files from costing time.
    static let byteCountMax = 256 * 1024

    /// Reads a YAML document and fills in `${VAR}`.
    ///
    /// Interpolation works on values after parsing, so what a variable holds is never read as YAML. `$${` stands for `${`.
    /// - Throws: every problem with the document's form.
    static func parse(
        yaml: String,
        path: String,
        environment: [String: String]
    ) throws(ConfigurationError) -> ConfigurationNode {
        guard yaml.utf8.count <= byteCountMax else {
            throw ConfigurationError([.init(.file(path), "larger than \(byteCountMax / 1024) kB")])
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            throw ConfigurationError([problem(of: error, path: path)])
        }
        guard let root else { return ConfigurationNode(.empty, at: .file(path)) }
        var builder = Builder(path: path, environment: environment)
        let node = builder.node(root)
        guard builder.problems.isEmpty else { throw ConfigurationError(builder.problems) }
        return node
    }

    /// What Yams says, with the place and without the snippet: the line may hold a password.
    private static func problem(of error: any Error, path: String) -> ConfigurationProblem {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ConfigurationProblem(.line(path, line: mark.line, column: mark.column), "not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            ConfigurationProblem(
                .line(path, line: context.mark.line, column: context.mark.column),
                "given twice: \(duplicates.sorted().joined(separator: ", "))"
            )
        case .reader(let problem, let offset, _, _):
            ConfigurationProblem(
                .file(path),
                "not valid YAML: \(problem)" + (offset.map { " at character \($0)" } ?? "")
            )
        default:
            ConfigurationProblem(.file(path), "not valid YAML")
        }
    }
}

/// Turns Yams's nodes into ours and collects what is wrong on the way.
private struct Builder {
    let path: String
    let environment: [String: String]
    var problems: [ConfigurationProblem] = []

    init(path: String, environment: [String: String]) {
        self.path = path
        self.environment = environment
    }

    mutating func node(_ node: Node) -> ConfigurationNode {
        let place = place(of: node)
        switch node {
        case .scalar(let scalar):
            if scalar.style == .plain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) {
                return ConfigurationNode(.empty, at: place)
            }
            return ConfigurationNode(.scalar(interpolate(scalar.string, at: place)), at: place)
        case .sequence(let sequence):
            return ConfigurationNode(.list(sequence.map { self.node($0) }), at: place)
        case .mapping(let mapping):
            return ConfigurationNode(.map(mapping.compactMap { entry($0.key, $0.value) }), at: place)
        case .alias:
            problems.append(.init(place, "an alias that leads nowhere"))
            return ConfigurationNode(.empty, at: place)
        }
    }

    private mutating func entry(_ key: Node, _ value: Node) -> ConfigurationNode.Entry? {
        let keyPlace = place(of: key)
        guard let name = key.scalar?.string else {
            problems.append(.init(keyPlace, "a key must be a single word"))
            return nil
        }
        var child = node(value)
        // An empty value has no text to point at; its key has.
        if case .empty = child.content { child.place = keyPlace }
        return .init(key: name, keyPlace: keyPlace, value: child)
    }

    private func place(of node: Node) -> ConfigurationPlace {
        node.mark.map { .line(path, line: $0.line, column: $0.column) } ?? .file(path)
    }

    /// Replaces `${NAME}` and `${NAME:-default}`; a lone `$` stays.
    private mutating func interpolate(_ text: String, at place: ConfigurationPlace) -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstRange(of: "${") {
            result += rest[..<dollar.lowerBound]
            if result.last == "$" {
                result += "{"
                rest = rest[dollar.upperBound...]
                continue
            }
            guard let end = rest[dollar.upperBound...].firstIndex(of: "}") else {
                problems.append(.init(place, "${ without its }", hint: "write $${ for a literal ${"))
                return result
            }
            result += variable(rest[dollar.upperBound..<end], at: place)
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private mutating func variable(_ text: Substring, at place: ConfigurationPlace) -> String {
        let fallback = text.firstRange(of: ":-")
        let name = String(text[..<(fallback?.lowerBound ?? text.endIndex)])
        let isName = name.utf8.allSatisfy { isWordByte($0) } && !name.isEmpty && name.first?.isNumber != true
        guard isName else {
            problems.append(.init(place, "\"\(name)\" is not the name of an environment variable"))
            return ""
        }
        if let value = environment[name], !(value.isEmpty && fallback != nil) { return value }
        if let fallback { return String(text[fallback.upperBound...]) }
        problems.append(
            .init(place, "environment variable \(name) is not set", hint: "set it, or write ${\(name):-default}")
        )
        return ""
    }
}

/// Whether a byte may stand in a plain name: an ASCII letter, digit or underscore.
func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
    default: false
    }
}
