import ViewStores

/// Views that a store refused because it has something of their name that is not Leftfold's: their names are looked at again, less and
/// less often, until they are free.
struct TakenNames: Sendable {
    /// One view in one attachment.
    struct Entry: Sendable {
        var table: ViewTable
        var attachment: UInt64
        /// How often the name was found taken, in a row.
        var count = 0
        /// When it is looked at again; nil once it was found free.
        var next: ContinuousClock.Instant?
    }

    private var entries: [String: Entry] = [:]

    /// When a name is looked at next.
    var next: ContinuousClock.Instant? { entries.values.compactMap(\.next).min() }

    /// The name of a view was found taken: it is looked at again after `delay` of how often that was.
    mutating func note(
        _ table: ViewTable,
        _ attachment: UInt64,
        at now: ContinuousClock.Instant,
        delay: (Int) -> Duration
    ) {
        let count = (entries[table.name]?.count ?? 0) + 1
        entries[table.name] = Entry(table: table, attachment: attachment, count: count, next: now + delay(count))
    }

    /// The first entry whose time has come.
    func due(at now: ContinuousClock.Instant) -> Entry? {
        entries.values.first { entry in entry.next.map { $0 <= now } ?? false }
    }

    /// The name of a view was found free: it is not looked at any more.
    mutating func noteFree(_ view: String) { entries[view]?.next = nil }

    /// The view is in its place, or is not to be there any more.
    mutating func forget(_ view: String) { entries[view] = nil }

    /// Forgets all but these attachments.
    mutating func keep(_ attachments: Set<UInt64>) {
        entries = entries.filter { attachments.contains($0.value.attachment) }
    }
}
