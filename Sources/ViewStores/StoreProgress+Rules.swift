import Relational

/// What progress may follow what: the same in every store.
extension StoreProgress {
    /// - Throws: `foreign` unless the progress is of the log and token that own the store; nil stands for no owner.
    public func checkOwner(_ owner: (logID: String, token: Int64)?, of location: String) throws(StoreError) {
        if let owner, logID == owner.logID, fencingToken == owner.token { return }
        throw StoreError(
            .foreign,
            "progress of view \"\(view)\" is not of the owner of \(location)",
            detail: "log \(logID), token \(fencingToken); "
                + "owner is log \(owner?.logID ?? "none"), token \(owner?.token ?? 0)",
            hint: "claim the store anew"
        )
    }

    /// - Throws: `inconsistent` unless it is of the version of the view that the store holds.
    public func checkVersion(_ held: String) throws(StoreError) {
        guard version != held else { return }
        throw .inconsistent(view, "the store holds another version of it", detail: "version \(held), not \(version)")
    }

    /// Checks that it may take the place of what the store holds: the same version, and a greater offset if a delta `isApplied`, else none
    /// that is less.
    ///
    /// - Throws: `inconsistent`.
    public func checkFollows(_ held: StoreProgress, isApplied: Bool) throws(StoreError) {
        try checkVersion(held.version)
        guard offset > held.offset || (!isApplied && offset == held.offset) else {
            throw .inconsistent(
                view,
                "its rows are already at offset \(held.offset)",
                detail: "the epoch ends at \(offset)"
            )
        }
    }

    /// Whether two views, whose progress is held under their names, are still to change places; false when they have.
    ///
    /// - Throws: `unsupported` when rows of other versions are there.
    public static func checkExchange(
        _ view: ViewTable,
        _ held: StoreProgress,
        _ other: ViewTable,
        _ otherHeld: StoreProgress
    ) throws(StoreError) -> Bool {
        // A commit before this one took place although its answer was lost.
        if view.version != other.version, held.version == other.version, otherHeld.version == view.version {
            return false
        }
        guard held.version == view.version, otherHeld.version == other.version else { throw .otherRows(of: view) }
        return true
    }

    /// Rows must never be without the progress that says what they are.
    ///
    /// - Throws: `inconsistent` when a view of `written` has none among `progress`.
    public static func checkComplete(_ progress: [StoreProgress], written views: Set<String>) throws(StoreError) {
        let moved = Set(progress.map(\.view))
        for view in views where !moved.contains(view) {
            throw .inconsistent(view, "rows were written without progress")
        }
    }

    /// Says of rows that they are not known to be the fold of anything: a difference may be written at any offset.
    public mutating func forget() {
        offset = Self.unknownOffset
        position = .none
    }

    /// - Throws: `foreign` when `held` is of another log and what is there is to be refused.
    public static func checkLog(
        of held: some Sequence<StoreProgress>,
        _ logID: String,
        foreign rows: ForeignRows,
        in location: String
    ) throws(StoreError) {
        guard rows == .refuse, let first = held.first(where: { $0.logID != logID }) else { return }
        throw StoreError(
            .foreign,
            "\(location) holds rows of another log",
            detail: "view \"\(first.view)\" was folded from log \(first.logID), this is \(logID)",
            hint: "keep the rows and correct them (adopt), or drop and build them anew (rebuild)"
        )
    }
}
