/// The changes of a view's rows over several steps, for one transaction of its store.
extension Circuit {
    /// From the next step on keeps what changes of a view's rows, in memory or in files as all state; does nothing where that is done already.
    public func keepChanges(of name: String) {
        guard view(name).changes == nil else { return }
        let changes = addKeptRows(of: name, ofChanges: true)
        views[name]?.changes = changes
    }

    /// Takes out what changed, the last step included; nil when nothing was kept. Those of a parked view are freed.
    ///
    /// Each row has the sum of its changes as its weight. What of them is not in files is sorted in parts of `batchByteMax` bytes, where not
    /// all of them are in memory.
    public func takeChanges(of name: String, batchByteMax: Int) throws(DataflowError) -> ViewRows? {
        let view = view(name)
        guard let changes = view.changes else { return nil }
        dropChanges(of: name)
        guard view.operators.allSatisfy({ $0.failure == nil }) else { return nil }
        try changes.seal()
        return ViewRows(changes.arrangement, batchByteMax: batchByteMax)
    }

    /// Whether changes of a view are kept.
    public func keepsChanges(of name: String) -> Bool { view(name).changes != nil }

    /// Frees the changes kept of a view.
    public func dropChanges(of name: String) {
        guard let changes = view(name).changes else { return }
        views[name]?.changes = nil
        remove(changes, of: name)
    }
}
