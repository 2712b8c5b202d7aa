import ViewStores

/// The names of everything a store keeps.
///
///     prefix:view:key                   a row, for readers
///     prefix:_leftfold:owner            hash: format, token, log
///     prefix:_leftfold:progress         hash: view → offset, timeline, LSN, token, log, version
///     prefix:_leftfold:views            hash: view → format, ttl, key and columns
///     prefix:_leftfold:journal          the number of the last journal
///     prefix:_leftfold:open             set: the journals that are not committed
///     prefix:_leftfold:pending          hash: committed journal → next part, parts, ttl, view
///     prefix:_leftfold:7:0              list: the first part of journal 7
///     prefix:_leftfold:7:+view:key      the row that journal 7 puts in the place of prefix:view:key
struct KeyNames {
    /// Views may not be called so.
    static let reserved = "_leftfold"

    let prefix: String

    var owner: String { own("owner") }
    var progress: String { own("progress") }
    var views: String { own("views") }
    var counter: String { own("journal") }
    var open: String { own("open") }
    var pending: String { own("pending") }

    /// What stands before a row's own name: `prefix:`.
    var live: String { prefix + ":" }

    /// What stands before the name of a row that a journal holds.
    func staged(_ journal: Int64) -> String { own("\(journal):+") }

    func part(_ journal: Int64, _ number: Int) -> String { own("\(journal):\(number)") }

    /// A view's name inside keys: it holds no colon.
    static func escaped(_ name: String) -> String { KeyWriter.escaped(name) }

    /// A pattern of SCAN for the rows of a view.
    func pattern(of view: String) -> String {
        var pattern = ""
        for character in "\(live)\(Self.escaped(view)):".unicodeScalars {
            if "*?[]\\^".unicodeScalars.contains(character) { pattern.unicodeScalars.append("\\") }
            pattern.unicodeScalars.append(character)
        }
        return pattern + "*"
    }

    /// Whether all keys are in one slot of a cluster: the prefix holds a `{hash tag}`.
    var hasHashTag: Bool {
        guard let start = prefix.firstIndex(of: "{"), let end = prefix[start...].firstIndex(of: "}") else {
            return false
        }
        return prefix.index(after: start) < end
    }

    private func own(_ name: String) -> String { "\(prefix):\(Self.reserved):\(name)" }
}
