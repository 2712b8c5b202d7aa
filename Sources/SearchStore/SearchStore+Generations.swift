public import Relational
public import ViewStores

/// A generation is an index of its own, which an alias stands for when it is published.
extension SearchStore {
    /// Makes an empty index.
    ///
    /// - Throws: `nameTaken` when an index or alias of the view's name is there that Leftfold did not make.
    public func beginGeneration(of view: ViewTable) throws(StoreError) {
        try names.check(view)
        // What cannot be made is refused before anything is noted.
        _ = try IndexMapping.body(view, alias: "")
        if transaction != nil {
            throw StoreError(.inconsistent, "view \"\(view.name)\": a generation was begun inside a transaction")
        }
        var held = try readOwned()
        if held.state.views[view.name] == nil { try requireFree(view) }
        let unfinished = generations.removeValue(forKey: view.name)
        held.state.generation += 1
        let index = names.index(view.name, held.state.generation)
        // Noted before it is made, so that none is ever forgotten.
        held.state.loose.append(index)
        held = try replace(held, with: held.state)
        let action = "the index of view \"\(view.name)\" was made"
        let body = try IndexMapping.body(view, alias: IndexNames.rows(index))
        // Sent twice, it would find its own index to be somebody else's.
        let answer = try exchange(action, "PUT", "/\(index)", body, once: true)
        try check(answer, action)
        guard answer.status < 300 else {
            held.state.loose.removeAll { $0 == index }
            _ = try replace(held, with: held.state)
            throw StoreError(
                .unsupported,
                "the index of view \"\(view.name)\" cannot be made",
                detail: "\(index): \(reason(answer))",
                hint: "rename the view, or give the store another prefix"
            )
        }
        generations[view.name] = Generation(writer: RowWriter(view), index: index)
        if let unfinished { try? delete(unfinished.index) }
    }

    public func checkName(of view: ViewTable) throws(StoreError) {
        if try readOwned().state.views[view.name] == nil { try requireFree(view) }
    }

    /// - Throws: `nameTaken` when something of the view's name is there although the store does not hold the view.
    private func requireFree(_ view: ViewTable) throws(StoreError) {
        let alias = names.alias(view.name)
        let answer = try answer("the name of view \"\(view.name)\" was looked up", "GET", "/\(alias)")
        if answer.status == 404 { return }
        let index = indexes(answer).first ?? alias
        throw StoreError(
            .nameTaken,
            "\(location) has \(index == alias ? "an index \(alias)" : "an alias \(alias), of index \(index),") "
                + "that Leftfold did not make",
            hint: "rename the view, give the store another prefix, or remove it: "
                + "curl -X DELETE \(client.address.base)/\(index)"
        )
    }

    /// Adds documents; the server refuses a name that is there already.
    ///
    /// After an error the generation is gone.
    public func append(_ rows: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        try view.checkWeights(rows)
        let made = try generation(of: view)
        do throws(StoreError) {
            let bulk = BulkBody(limit: options.requestByteCount)
            try made.writer.append(rows, to: bulk, index: made.index, version: nil)
            for request in bulk.finish() { try send(request, [view.name: made.index], once: true) }
        } catch {
            generations[view.name] = nil
            throw error
        }
    }

    /// Notes that the generation takes the place of the present one with the commit.
    public func publish(_ view: ViewTable) throws(StoreError) {
        let transaction = try requireTransaction()
        do throws(StoreError) {
            _ = try generation(of: view)
            transaction.published.insert(view.name)
        } catch {
            rollback()
            throw error
        }
    }

    /// Sets the view's progress to `unknownOffset`; nothing when there is no such view.
    public func resetProgress(of name: String) throws(StoreError) {
        let transaction = try requireTransaction()
        transaction.state.views[name]?.forgetOffset()
        transaction.reset.insert(name)
    }

    /// Removes the view's index and progress with the commit.
    public func drop(view name: String) throws(StoreError) {
        let transaction = try requireTransaction()
        generations[name] = nil
        transaction.published.remove(name)
        transaction.applied[name] = nil
        transaction.reset.insert(name)
        if let entry = transaction.state.views.removeValue(forKey: name) { transaction.state.loose.append(entry.index) }
    }

    private func generation(of view: ViewTable) throws(StoreError) -> Generation {
        guard let generation = generations[view.name], generation.writer.view == view else {
            throw .inconsistent(view.name, "no generation of this version was begun")
        }
        return generation
    }
}
