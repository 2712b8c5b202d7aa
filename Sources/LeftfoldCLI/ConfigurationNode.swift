/// One value of a configuration, as it was given, with its place.
struct ConfigurationNode: Hashable, Sendable {
    indirect enum Content: Hashable, Sendable {
        /// A key without a value.
        case empty
        case scalar(String)
        case list([ConfigurationNode])
        case map([Entry])
    }

    struct Entry: Hashable, Sendable {
        var key: String
        var keyPlace: ConfigurationPlace
        var value: ConfigurationNode
    }

    var content: Content
    var place: ConfigurationPlace

    init(_ content: Content, at place: ConfigurationPlace) {
        self.content = content
        self.place = place
    }

    /// What a message calls it.
    var kind: String {
        switch content {
        case .empty: "no value"
        case .scalar: "a single value"
        case .list: "a list"
        case .map: "a mapping"
        }
    }

    /// Puts a value given elsewhere at `path`, over what the file says there.
    ///
    /// A file that has something other than a mapping on the way keeps it: reading it reports the mistake at its place.
    mutating func override(_ path: ArraySlice<String>, with value: ConfigurationNode) {
        guard let name = path.first else {
            self = value
            return
        }
        var entries: [Entry]
        switch content {
        case .empty: entries = []
        case .map(let given): entries = given
        case .scalar, .list: return
        }
        let index = entries.firstIndex { $0.key == name } ?? entries.count
        if index == entries.count {
            entries.append(
                Entry(key: name, keyPlace: value.place, value: ConfigurationNode(.empty, at: value.place))
            )
        }
        entries[index].value.override(path.dropFirst(), with: value)
        content = .map(entries)
    }
}
